"""`usage/`: what was used, by day and month, and what is left."""

from datetime import UTC, timedelta

import pytest

from portal.common.clock import database_now
from portal.tenancy.scope import tenant_scope
from recognition import usage
from recognition.models import Usage
from tests.api.conftest import problem


@pytest.fixture
def used(world):
    """Ninety items fifty days ago, twelve yesterday and a call today."""
    today = database_now().astimezone(UTC).date()
    with tenant_scope(world.alice.organization) as organization:
        for days, items in ((50, 90), (1, 12)):
            Usage.objects.create(organization_id=organization, day=today - timedelta(days=days), items=items)
        usage.count_call(organization)
    return today


def test_use_is_told_by_day_newest_first(alice, used):
    told = alice.get("usage/").json()
    yesterday = used - timedelta(days=1)
    assert told["days"] == [
        {"day": used.isoformat(), "items": 1, "calls": 1},
        {"day": yesterday.isoformat(), "items": 12, "calls": 0},
    ]
    assert (told["items"], told["calls"], told["last"]) == (13, 1, used.isoformat())


def test_use_is_told_by_month(alice, used):
    told = alice.get("usage/?days=100").json()
    assert sum(month["items"] for month in told["months"]) == told["items"] == 103
    assert all(month["month"].endswith("-01") for month in told["months"])


def test_what_is_left_of_each_quota_is_told(alice, used):
    before = {row["name"]: row["left"] for row in alice.get("usage/").json()["quotas"]}
    alice.image()
    after = {row["name"]: row for row in alice.get("usage/").json()["quotas"]}
    assert after["stored_photos"]["left"] == before["stored_photos"] - 1
    assert all(row["left"] == row["limit"] - row["used"] for row in after.values())


def test_a_stranger_sees_nothing_of_it(charlie, used):
    assert charlie.get("usage/").json()["items"] == 0


@pytest.mark.parametrize("days", ["0", "367", "x", "-1", "\u0663"])
def test_days_that_cannot_be_asked_are_told_so(alice, days):
    problem(alice.get(f"usage/?days={days}"), 422, "bad_days")
