"""The life of versions, told by dates."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from compliance import versions
from compliance.actions import policies, simulations
from compliance.models import PolicyProposal, PolicyVersionRecord
from compliance.policy.packs import load_pack
from compliance.versions import Life, Succession, succession
from tests.compliance.conftest import new_officer
from tests.compliance.drafting import scheduled, tightened

FIRST, SECOND, THIRD = load_pack("countenance-default").versions[:3]
PACK = "countenance-default"


@pytest.fixture
def officers(fresh_database):
    return [new_officer("Ada"), new_officer("Ben")]


def lives(after=timedelta()):
    told = versions.chapters(PACK, timezone.now() + after)
    return {one.record.number: one.life for one in told}


def test_the_real_extension_is_one():
    assert succession(FIRST, SECOND) is Succession.EXTENSION
    assert succession(SECOND, THIRD) is Succession.TIGHTENING
    assert succession(SECOND, FIRST) is Succession.LIFT


def test_what_changes_only_texts_is_a_correction():
    reworded = replace(SECOND.rules[0], our_reading="Otherwise put.", sentence="Otherwise said.")
    assert succession(SECOND, replace(SECOND, rules=(reworded, *SECOND.rules[1:]))) is Succession.CORRECTION
    assert succession(SECOND, replace(SECOND, number=3)) is Succession.CORRECTION


def test_shipped_versions_supersede_each_other(fresh_database):
    told = versions.chapters(PACK, timezone.now())
    assert [one.life for one in told[:-1]] == [Life.SUPERSEDED] * (len(told) - 1)
    assert (told[0].ended_by, told[0].ended_at) == (Succession.EXTENSION, SECOND.published_at)
    assert versions.in_force(told) == told[-1]


def test_a_tightening_is_in_force_unratified_until_another_officer_ratifies(officers):
    record = tightened(officers[0])
    assert lives()[record.number] is Life.IN_FORCE_UNRATIFIED
    policies.ratify(record=record, by=officers[1])
    assert lives()[record.number] is Life.IN_FORCE


def test_a_loosening_is_scheduled_until_its_day_has_passed(officers):
    record = scheduled(officers)
    before = record.number - 1
    assert (lives()[record.number], lives()[before]) == (Life.SCHEDULED, Life.IN_FORCE)
    tomorrow = lives(after=timedelta(hours=25))
    assert (tomorrow[record.number], tomorrow[before]) == (Life.IN_FORCE, Life.SUPERSEDED)
    policies.withdraw(record=record, by=officers[0])
    assert (lives()[record.number], lives(after=timedelta(hours=25))[before]) == (
        Life.WITHDRAWN,
        Life.IN_FORCE,
    )


def test_publishing_again_buys_no_time_to_ratify(officers):
    first, second = tightened(officers[0]), tightened(officers[0], name="no-search-tomorrow")
    found = versions.unratified(versions.chapters(PACK, timezone.now()))
    assert (found.record, found.since) == (second, first.published_at)
    assert found.ratification_due_at == first.published_at + timedelta(hours=72)
    assert not found.is_late(first.published_at + timedelta(hours=71))
    assert found.is_late(first.published_at + timedelta(hours=72))
    policies.ratify(record=second, by=officers[1])
    assert versions.unratified(versions.chapters(PACK, timezone.now())) is None


def test_a_simulation_is_due_until_one_was_run(officers):
    record = tightened(officers[0])
    found = versions.unratified(versions.chapters(PACK, timezone.now()))
    assert found.simulation_due_at == record.published_at + timedelta(hours=24)
    simulations.run(simulations.request_published(record=record, by=officers[1]))
    found = versions.unratified(versions.chapters(PACK, timezone.now()))
    assert (found.simulation_due_at, found.record) == (None, record)


def test_what_ships_needs_no_ratification(fresh_database):
    assert versions.unratified(versions.chapters(PACK, timezone.now())) is None
    assert not PolicyProposal.objects.exists()
    assert all(record.shipped for record in PolicyVersionRecord.objects.all())
