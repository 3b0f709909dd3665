"""A worker looks at one shard while it writes another, and loses nothing when a lane breaks."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from recognition.lanes import Lanes
from recognition.models import JobStatus, Shard, ShardState
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, new_desk, photo

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def desk(fresh_database):
    return new_desk()


class Crossing(FakeEngine):
    """Ends its first run only when the second has begun."""

    def __init__(self) -> None:
        self.runs = 0
        self.crossed = threading.Event()

    def run(self, images: Any, between_batches: Any = None) -> Iterator[Any]:
        self.runs += 1
        if self.runs == 2:
            self.crossed.set()
        first = self.runs == 1
        yield from super().run(images, between_batches)
        if first:
            self.crossed.wait(20)


class Breaking(FakeEngine):
    """Its database goes away in the middle of the first run."""

    def __init__(self) -> None:
        self.broke = False

    def run(self, images: Any, between_batches: Any = None) -> Iterator[Any]:
        if not self.broke:
            self.broke = True
            raise OperationalError("the server closed the connection")
        yield from super().run(images, between_batches)


def never(claim) -> None:
    raise AssertionError(f"{claim} was dropped")


def detect(desk, photos: int):
    job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(photos)], gallery=None)
    cut_in_two(job)
    return job


def cut_in_two(job) -> None:
    """Two shards of a job that is small enough to be one."""
    shard = Shard.objects.get(job_id=job.pk)
    middle = (shard.first + shard.last) // 2
    Shard.objects.create(
        organization_id=shard.organization_id,
        job_id=job.pk,
        first=middle + 1,
        last=shard.last,
        policy_epoch=shard.policy_epoch,
        organization_epoch=shard.organization_epoch,
    )
    Shard.objects.filter(pk=shard.pk).update(last=middle)


def test_the_next_shard_is_looked_at_while_the_last_one_is_not_yet_written(desk):
    job, engine = detect(desk, 8), Crossing()
    Lanes("test:lanes", engine, drop=never, progress=list).work()
    assert engine.crossed.is_set()
    assert desk.reload(job).status == JobStatus.RELEASED
    assert {item.status for item in desk.items(job)} == {"done"}


def test_a_lane_that_breaks_is_told_after_the_other_has_done_its_shard(desk):
    job, dropped = detect(desk, 8), []
    with pytest.raises(OperationalError):
        Lanes("test:lanes", Breaking(), drop=dropped.append, progress=list).work()
    states = dict(Shard.objects.filter(job_id=job.pk).values_list("pk", "state"))
    assert sorted(states.values()) == [ShardState.DONE, ShardState.LEASED]
    assert [states[claim.shard_id] for claim in dropped] == [ShardState.LEASED]


def test_lanes_go_on_working_turn_after_turn(desk):
    lanes = Lanes("test:lanes", FakeEngine(), drop=never, progress=list)
    jobs = []
    for _ in range(2):
        jobs.append(detect(desk, 4))
        lanes.work()
    assert [desk.reload(job).status for job in jobs] == [JobStatus.RELEASED] * 2
