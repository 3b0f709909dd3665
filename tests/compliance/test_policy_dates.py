"""What the clock tells all officers about the policy, each thing once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance import duties
from compliance.actions import policies, policy_dates, simulations
from compliance.models import Letter
from portal.audit.models import Event
from portal.tenancy.scope import officer_scope
from tests.compliance.conftest import new_officer
from tests.compliance.drafting import loosening, tightened

HOUR = timedelta(hours=1)


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


@pytest.fixture
def clock(monkeypatch):
    """Let the clock be ahead by what a test says."""

    def ahead(by):
        monkeypatch.setattr(policy_dates, "database_now", lambda: timezone.now() + by)

    return ahead


def letters(kind):
    with officer_scope():
        return Letter.objects.filter(kind=kind).count()


def kinds(after=timedelta()):
    return {duty.kind: duty.late for duty in duties.open_duties(timezone.now() + after)}


def test_nothing_is_due_about_what_ships(officers):
    assert (kinds(), policy_dates.escalate_late(), policy_dates.warn_of_ends()) == ({}, 0, 0)


def test_a_tightening_is_to_be_simulated_and_ratified_in_time(officers):
    record = tightened(officers[0])
    assert letters("policy_to_ratify") == 2
    assert kinds() == {"ratify": False, "simulate": False}
    assert kinds(25 * HOUR) == {"ratify": False, "simulate": True}
    assert kinds(73 * HOUR) == {"ratify": True, "simulate": True}
    simulations.run(simulations.request_published(record=record, by=officers[1]))
    policies.ratify(record=record, by=officers[1])
    assert kinds(73 * HOUR) == {}


def test_what_is_late_is_told_to_every_officer_once_and_stays_in_force(officers, clock):
    record = tightened(officers[0])
    clock(25 * HOUR)
    assert (policy_dates.escalate_late(), letters("policy_late")) == (1, 2)
    clock(73 * HOUR)
    assert [policy_dates.escalate_late() for _ in range(2)] == [1, 0]
    assert letters("policy_late") == 4
    told = [event.payload["kind"] for event in Event.objects.filter(verb="policy.escalated")]
    assert sorted(told) == ["ratification_late", "simulation_late"]
    record.refresh_from_db()
    assert (record.withdrawn_at, record.ratified_at) == (None, None)


def test_officers_are_told_90_30_and_7_days_before_a_refusal_ends(officers, clock):
    ends = timezone.now().replace(microsecond=0) + timedelta(days=100)
    tightened(officers[0], ends_at=f"{ends:%Y-%m-%dT%H:%M:%SZ}")
    told = []
    for days in (0, 11, 12, 71, 94, 99):
        clock(timedelta(days=days))
        told.append(policy_dates.warn_of_ends())
    assert told == [0, 1, 0, 1, 1, 0]
    assert letters("rule_ends") == 6
    assert kinds(timedelta(days=99))["rule_ends"] is False


def test_a_refusal_that_ended_waits_for_two_officers(officers):
    tightened(officers[0], ends_at="2021-01-01T00:00:00Z")
    duty = next(one for one in duties.open_duties(timezone.now()) if one.kind == "rule_ended")
    assert (duty.about, duty.late) == ("no-search-today", True)
    assert policy_dates.warn_of_ends() == 0


def test_a_loosening_waits_for_a_second_officer(officers):
    row = loosening(officers[0])
    assert [(one.kind, one.about) for one in duties.open_duties(timezone.now())] == [
        ("countersign", row.public_id)
    ]
