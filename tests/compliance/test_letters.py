from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db.models.functions import Now

from compliance.actions import letters
from compliance.models import Letter
from portal.audit.models import Event
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition import sweeps
from tests.compliance.conftest import new_tenant

BY = Actor.system("test")


@pytest.fixture
def template(tmp_path, settings):
    folder = tmp_path / "email" / "letters"
    folder.mkdir(parents=True)
    (folder / "told.txt").write_text("Subject: About {{ about }}\n\nDear {{ recipient }}, {{ what }}\n")
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]


@pytest.fixture
def letter(database, template):
    tenant = new_tenant("Letter readers")
    with tenant_scope(tenant.organization):
        [made] = letters.write(
            kind="told", organization=tenant.organization, about="cas_1", by=BY, what="it is so."
        )
    mail.outbox.clear()
    return made


def deliver() -> None:
    """Mail all that is due, letters of other tests too."""
    while letters.send_due():
        pass


def deliver_others(letter: Letter) -> None:
    """Leave this letter alone among those that are due."""
    with officer_scope():
        Letter.objects.filter(pk=letter.pk).update(next_try_at=Now() + timedelta(hours=1))
    deliver()
    with officer_scope():
        Letter.objects.filter(pk=letter.pk).update(next_try_at=Now())


def stored(letter: Letter) -> Letter:
    with officer_scope():
        return Letter.objects.get(pk=letter.pk)


def test_a_letter_goes_to_the_administrators_and_is_mailed_once(letter):
    deliver()
    [message] = [one for one in mail.outbox if one.to == [letter.address]]
    assert message.subject == "About cas_1"
    assert message.extra_headers["Message-ID"].startswith(f"<{letter.pk.hex}@")
    assert stored(letter).sent_at is not None


def test_writing_and_mailing_are_recorded_without_words_or_addresses(letter):
    deliver()
    events = Event.objects.about(letter.public_id)
    assert [event.verb for event in events] == ["letter.written", "letter.sent"]
    assert all(letter.address not in str(event.payload) for event in events)


def test_a_letter_whose_transaction_breaks_was_never_written(database, template):
    tenant = new_tenant("Letter readers")

    def breaks() -> None:
        with tenant_scope(tenant.organization):
            letters.write(kind="told", organization=tenant.organization, about="cas_2", by=BY, what="x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    with officer_scope():
        assert not Letter.objects.filter(about="cas_2").exists()


def test_a_letter_to_officers_is_seen_by_no_tenant(database, template):
    tenant = new_tenant("Letter readers")
    with tenant_scope(tenant.organization):
        letters.write(kind="told", organization=None, about="cas_3", by=BY, to=["o@example.org"], what="x")
    with tenant_scope(tenant.organization):
        assert not Letter.objects.filter(about="cas_3").exists()
    with officer_scope():
        assert Letter.objects.filter(about="cas_3").exists()


class Down(EmailBackend):
    """A mail server that nobody answers for."""

    def send_messages(self, messages):
        raise ConnectionRefusedError


def test_a_letter_waits_longer_each_time_the_mail_server_is_away(letter, settings):
    deliver_others(letter)
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    letters.send_due()
    waits = stored(letter)
    assert (waits.attempts, waits.sent_at, waits.failure) == (1, None, "ConnectionRefusedError")
    assert waits.next_try_at > letter.next_try_at


def test_after_ten_attempts_a_letter_is_given_up_and_that_is_recorded(letter, settings):
    deliver_others(letter)
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    with officer_scope():
        Letter.objects.filter(pk=letter.pk).update(attempts=9)
    letters.send_due()
    assert stored(letter).given_up_at is not None
    assert "letter.given_up" in [event.verb for event in Event.objects.about(letter.public_id)]


def test_a_sweep_that_breaks_keeps_no_other_from_its_turn(monkeypatch):
    def breaks() -> int:
        raise ZeroDivisionError

    def counts() -> int:
        return 3

    monkeypatch.setattr(sweeps, "SWEEPS", (breaks, counts))
    assert sweeps.sweep() == 3


class Unsendable(EmailBackend):
    """What Python says to an address such as `=?utf-8?q?=0A?=@example.org`."""

    def send_messages(self, messages):
        raise ValueError


def test_an_address_no_mail_can_carry_keeps_no_other_letter_waiting(letter, settings):
    deliver_others(letter)
    settings.EMAIL_BACKEND = f"{__name__}.Unsendable"
    letters.send_due()
    waits = stored(letter)
    assert (waits.attempts, waits.sent_at, waits.failure) == (1, None, "ValueError")
    assert waits.next_try_at > letter.next_try_at
