"""Recipients of exports are told of a recall: by mail where they left an address, else by a person."""

import pytest
from django.core import mail

from compliance.actions import letters
from compliance.models import Letter
from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.scope import tenant_scope
from recognition.actions import notices
from recognition.models import ExportRecord, Notice
from tests.support.jobs import Desk, new_desk
from tests.support.review import clear_ledger, hand_out, searched


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Notice House")


def handed_out(desk: Desk, email: str = ""):
    """A job whose results went to somebody."""
    job, _ = searched(desk)
    made = hand_out(desk, job)
    with tenant_scope(desk.tenant.organization):
        export = ExportRecord.objects.with_public_id(made.id)
        ExportRecord.objects.filter(pk=export.pk).update(email=email)
    return job, export


def tell(desk: Desk, job) -> list[Notice]:
    with tenant_scope(desk.tenant.organization):
        return notices.tell_recipients(job=job, by=desk.by)


def test_a_recipient_with_an_address_is_mailed_what_not_to_use(desk):
    job, export = handed_out(desk, "unit@example.org")
    [notice] = tell(desk, job)
    while letters.send_due():  # those of other tests too
        pass
    [message] = [one for one in mail.outbox if one.to == ["unit@example.org"]]
    assert job.public_id in message.subject
    assert export.public_id in message.body
    assert notice.letter_id


def test_a_recipient_without_an_address_is_told_by_a_person_who_notes_it(desk):
    job, export = handed_out(desk)
    [notice] = tell(desk, job)
    with tenant_scope(desk.tenant.organization):
        [letter] = Letter.objects.filter(about=job.public_id)
    assert letter.address == desk.tenant.administrator.email
    assert export.public_id in letter.body
    notices.told(notice=notice, how="Called their desk.", by=desk.by)
    with tenant_scope(desk.tenant.organization):
        assert Notice.objects.get(pk=notice.pk).told_by == desk.by.id
    assert Event.objects.get(target=notice.public_id, verb="recipient.told").payload == {
        "about": job.public_id
    }


def test_nobody_is_told_twice_of_the_same(desk):
    job, _ = handed_out(desk)
    assert len(tell(desk, job)) == 1
    assert tell(desk, job) == []


def test_telling_is_noted_once_and_with_how(desk):
    job, _ = handed_out(desk)
    [notice] = tell(desk, job)
    with pytest.raises(InvalidInput, match="how_missing"):
        notices.told(notice=notice, how=" ", by=desk.by)
    notices.told(notice=notice, how="In person.", by=desk.by)
    with pytest.raises(Conflict, match="told_already"):
        notices.told(notice=notice, how="Called.", by=desk.by)


def test_a_stranger_notes_nothing(desk):
    job, _ = handed_out(desk)
    [notice] = tell(desk, job)
    with pytest.raises(NotFound):
        notices.told(notice=notice, how="Called.", by=new_desk("Other House").by)
    with tenant_scope(desk.tenant.organization):
        assert Notice.objects.get(pk=notice.pk).told_at is None


def test_the_letter_names_no_recipient_and_nobody_found(desk):
    job, _ = handed_out(desk, "unit@example.org")
    tell(desk, job)
    with tenant_scope(desk.tenant.organization):
        body = Letter.objects.get(about=job.public_id).body
    assert "anna" not in body
    assert "liaison" not in body
