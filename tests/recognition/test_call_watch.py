"""Synchronous calls looked at for misuse: seldom asked about, and never in a storm."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from recognition.actions import call_watch, calls
from recognition.actions.pictures import Picture
from recognition.models import Call
from tests.recognition.test_watch import alerts_of, exported_by, samples_of
from tests.support.calls import asked, serving
from tests.support.jobs import ANNA, Desk, new_desk, photo


@pytest.fixture
def desk(database: None) -> Desk:
    return new_desk()


@pytest.fixture
def drawn(monkeypatch) -> None:
    monkeypatch.setattr(call_watch.secrets, "randbelow", lambda most: 0)


def search(desk: Desk, data: bytes | None = None) -> Call:
    with serving():
        return calls.search(picture=Picture(data or photo(ANNA)), **asked(desk)).call


def test_a_call_that_is_drawn_is_asked_about(desk, drawn):
    call = search(desk)
    call_watch.watch()
    [sample] = samples_of(desk)
    assert (sample.subject, sample.asked_of, sample.stated_reference) == (
        call.public_id,
        desk.by.id,
        "CASE-1",
    )


def test_of_one_caller_one_call_a_day_is_asked_about(desk, drawn):
    for _ in range(2):
        search(desk)
        search(desk)
        call_watch.watch()
    assert len(samples_of(desk)) == 1


def test_a_call_is_looked_at_once(desk, monkeypatch):
    monkeypatch.setattr(call_watch.secrets, "randbelow", lambda most: most - 1)
    search(desk)
    call_watch.watch()
    with tenant_scope(desk.tenant.organization):
        assert not Call.objects.filter(watched_at=None).exists()
    assert samples_of(desk) == []


def test_looking_for_faces_is_not_asked_about(desk, drawn):
    with serving():
        calls.detect(picture=Picture(photo(ANNA)), **asked(desk, "detect"))
    call_watch.watch()
    assert samples_of(desk) == []


def test_a_day_of_far_more_searches_than_the_month_before_opens_a_case(desk):
    old, new = search(desk), search(desk)
    with tenant_scope(desk.tenant.organization):
        Call.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=8))
        Call.objects.filter(pk=new.pk).update(photos=1001)
    call_watch.watch()
    assert alerts_of(desk) == ["volume_jump"]


def test_a_photo_of_another_organizations_lead_is_not_looked_at_and_opens_a_case(desk):
    data = photo(ANNA)
    exported_by(new_desk("Elsewhere"), data)
    with pytest.raises(InvalidInput, match="reimport"):
        search(desk, data)
    assert alerts_of(desk) == ["reimport"]
