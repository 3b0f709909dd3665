"""Whose shard comes next: fair between organizations by weight, urgent and old jobs first within one."""

import itertools
import random
from collections.abc import Iterator

import pytest

from compliance.actions.gate import Epochs
from portal.common.ids import uuid7
from portal.tenancy.models import Organization
from recognition import ledger, pace, turns
from recognition.models import Heartbeat, Priority, Shard, ShardState

NEVER = Epochs(0, 0)
LONGEST = 5.5  # estimated seconds of the longest shard in these tests


@pytest.fixture(autouse=True)
def quiet(database: None) -> Iterator[None]:
    """Find and leave no ready shard and no measured worker: tests of one process share a database."""
    _quieten()
    yield
    _quieten()


def _quieten() -> None:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    Heartbeat.objects.all().delete()


def organization(weight: int = 1) -> Organization:
    return Organization.objects.create(name=f"House {uuid7()}", weight=weight)


def queue(owner: Organization, *work: float, priority: int = Priority.NORMAL):
    """Queue a job of one shard for each given work, as `ledger.plan` does."""
    job = uuid7()
    turns.join(owner.pk)
    shards = [
        Shard(organization=owner, job_id=job, first=n, last=n, work=one, priority=priority)
        for n, one in enumerate(work)
    ]
    Shard.objects.bulk_create(shards)
    return job


def serve() -> Shard | None:
    """Claim the next shard and end it; None when nothing waits."""
    claim = ledger.claim("test:worker")
    if claim is None:
        return None
    ledger.finish(claim)
    return Shard.objects.get(pk=claim.shard_id)


def served(number: int) -> list[Shard]:
    return [shard for shard in (serve() for _ in range(number)) if shard]


def by_owner(shards: list[Shard], owner: Organization) -> float:
    return sum(shard.work for shard in shards if shard.organization_id == owner.pk)


@pytest.mark.parametrize("seed", range(5))
def test_of_any_two_that_wait_neither_gets_ahead_by_more_than_a_shard_each(seed):
    """The bound of start-time fair queueing, over random arrivals, weights and lengths of shards."""
    chance = random.Random(seed)  # noqa: S311 - repeats itself on purpose
    owners = [organization(chance.choice((1, 1, 2, 5))) for _ in range(4)]
    waiting_since = dict.fromkeys((owner.pk for owner in owners), 0)
    history: list[Shard] = []
    for _ in range(120):
        if chance.random() < 0.25 or not waiting(owners):
            queue(chance.choice(owners), *(chance.uniform(0.1, 5) for _ in range(chance.randint(1, 12))))
        history += served(1)
        for owner in owners:
            if owner not in waiting(owners):
                waiting_since[owner.pk] = len(history)
        for one, other in itertools.combinations(waiting(owners), 2):
            since = max(waiting_since[one.pk], waiting_since[other.pk])
            got = [by_owner(history[since:], owner) / owner.weight for owner in (one, other)]
            assert abs(got[0] - got[1]) <= LONGEST / one.weight + LONGEST / other.weight


def waiting(owners: list[Organization]) -> list[Organization]:
    ready = set(turns.in_order())
    return [owner for owner in owners if owner.pk in ready]


def test_a_weight_of_three_gets_three_times_the_work():
    heavy, light = organization(weight=3), organization()
    queue(heavy, *[1.0] * 100)
    queue(light, *[1.0] * 100)
    got = served(80)
    assert (by_owner(got, heavy), by_owner(got, light)) == (60, 20)


def test_who_was_away_has_saved_nothing_up():
    busy, away = organization(), organization()
    queue(busy, *[1.0] * 100)
    queue(away, 1.0)
    served(60)
    queue(away, *[1.0] * 40)
    got = served(20)
    assert by_owner(got, away) == pytest.approx(10, abs=1)


def test_who_comes_back_after_all_was_done_does_not_pay_for_having_been_alone():
    busy, late = organization(), organization()
    queue(busy, *[1.0] * 50)
    served(50)
    queue(late, *[1.0] * 20)
    queue(busy, *[1.0] * 20)
    assert by_owner(served(20), busy) == pytest.approx(10, abs=1)


def test_the_time_a_job_was_held_earns_nothing():
    busy, held = organization(), organization()
    job = queue(held, *[1.0] * 40)
    ledger.hold(job)
    queue(busy, *[1.0] * 100)
    served(50)
    ledger.unhold(job, NEVER)
    assert by_owner(served(20), held) == pytest.approx(10, abs=1)


def test_a_small_job_waits_for_one_shard_behind_a_large_one_of_another():
    large, small = organization(), organization()
    queue(large, *[5.0] * 100)
    served(10)
    queue(small, 0.1)
    assert small.pk in {shard.organization_id for shard in served(2)}


def test_within_an_organization_urgent_jobs_come_first_then_the_oldest():
    owner = organization()
    old, young, urgent = queue(owner, 1, 1), queue(owner, 1), queue(owner, 1, priority=Priority.URGENT)
    assert [shard.job_id for shard in served(4)] == [urgent, old, old, young]


def test_urgent_jobs_take_nothing_from_other_organizations():
    pushy, patient = organization(), organization()
    queue(pushy, *[1.0] * 40, priority=Priority.URGENT)
    queue(patient, *[1.0] * 40)
    assert by_owner(served(20), patient) == pytest.approx(10, abs=1)


def test_shards_take_about_five_seconds_on_the_machines_that_were_measured():
    Heartbeat.objects.create(worker="test:fast", pace=0.5)
    pieces = pace.cut(((position, 1_228_800) for position in range(2_000)), pace=pace.expected())
    assert all(piece.work * 0.5 <= pace.SHARD_SECONDS for piece in pieces)
    assert pieces[0].work * 0.5 > 0.9 * pace.SHARD_SECONDS


def test_shards_stay_within_bounds_on_very_fast_and_very_slow_machines():
    photos = [(position, 62_500) for position in range(2_000)]
    sizes = {
        at: {piece.last - piece.first + 1 for piece in pace.cut(photos, pace=at)[:-1]} for at in (0.001, 1000)
    }
    assert sizes == {0.001: {pace.MOST}, 1000: {pace.FEWEST}}


def test_many_jobs_of_one_photo_count_what_rulings_and_commits_cost_besides_it():
    alone, together = pace.cut([(0, 62_500)], pace=1.0), pace.cut([(n, 62_500) for n in range(50)], pace=1.0)
    assert alone[0].work > 10 * pace.work(62_500)
    assert sum(piece.work for piece in together) < 10 * alone[0].work


def test_a_worker_is_measured_by_what_it_took():
    owner = organization()
    Heartbeat.objects.create(worker="test:worker")
    queue(owner, 1.0)
    claim = ledger.claim("test:worker")
    Shard.objects.filter(pk=claim.shard_id).update(leased_at="2020-01-01T00:00Z")
    ledger.finish(claim)
    assert pace.of("test:worker") == 100  # capped: a worker that slept tells nothing of its pace


def test_a_slow_worker_takes_its_part_of_a_long_shard_and_leaves_the_rest():
    owner = organization()
    Heartbeat.objects.create(worker="test:slow", pace=4.0)
    turns.join(owner.pk)
    Shard.objects.create(organization=owner, job_id=uuid7(), first=0, last=399, work=4.0)
    taken, rest = ledger.claim("test:slow"), Shard.objects.get(organization=owner, state="ready")
    kept = Shard.objects.get(pk=taken.shard_id)
    assert (kept.first, kept.last, rest.first, rest.last) == (0, taken.last, taken.last + 1, 399)
    assert kept.work * 4 <= pace.SHARD_SECONDS
    assert kept.work + rest.work == pytest.approx(4.0)


def test_the_rest_of_a_shard_that_was_lost_before_stays_under_suspicion():
    owner = organization()
    Heartbeat.objects.create(worker="test:slow", pace=4.0)
    turns.join(owner.pk)
    Shard.objects.create(organization=owner, job_id=uuid7(), first=0, last=399, work=4.0, attempt=2)
    taken, rest = ledger.claim("test:slow"), Shard.objects.get(organization=owner, state="ready")
    assert (taken.attempt, rest.attempt) == (3, 2)
