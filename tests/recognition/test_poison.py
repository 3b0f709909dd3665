"""Photos that kill workers are found and named; all others are done, in few attempts."""

from collections.abc import Iterator

import pytest

from recognition import ledger, pace, reconcile, runner
from recognition.actions import jobs
from recognition.models import JobStatus, Shard, ShardState
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, new_desk, photo
from tests.support.usage import used

PHOTOS = 64
POISON = (3, 4, 31, 40, 63)


@pytest.fixture(autouse=True)
def quiet(database: None) -> Iterator[None]:
    """Find and leave no open shard: tests of one process share a database."""
    put_away()
    yield
    put_away()


def put_away() -> None:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)


def lost(claim: ledger.Claim) -> None:
    """Let a worker die with its shard."""
    Shard.objects.filter(pk=claim.shard_id).update(lease_until="2020-01-01T00:00Z")
    reconcile.reconcile()


def survive(poison: tuple[int, ...]) -> int:
    """Work until nothing is ready; whoever touches poison dies. Returns the deaths."""
    deaths = 0
    while claim := ledger.claim("test:mortal"):
        if any(claim.first <= position <= claim.last for position in poison):
            deaths += 1
            lost(claim)
        else:
            runner.run(claim, FakeEngine())
    return deaths


def test_five_in_one_shard_are_each_named_and_all_others_done():
    desk = new_desk()
    job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(PHOTOS)], gallery=None)
    assert Shard.objects.filter(job_id=job.pk).count() == 1
    deaths = survive(POISON)
    ended = {item.position: (item.status, item.reason) for item in desk.items(job)}
    assert ended == {n: ("failed", "poison") if n in POISON else ("done", "") for n in range(PHOTOS)}
    assert deaths <= most_deaths(PHOTOS, len(POISON))
    counted = desk.reload(job)
    assert (counted.status, counted.done, counted.failed) == (JobStatus.PARTIAL, PHOTOS - 5, 5)
    assert used(desk) == PHOTOS


def test_what_failed_is_tried_again_alone_and_counted_once():
    desk = new_desk()
    job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(20)], gallery=None)
    survive((7,))
    done_at = [item.done_at for item in desk.items(job) if item.position != 7]
    assert jobs.retry(job=desk.reload(job), by=desk.by) == 1
    assert survive(()) == 0
    assert [item.done_at for item in desk.items(job) if item.position != 7] == done_at
    counted = desk.reload(job)
    assert (counted.status, counted.done, counted.failed) == (JobStatus.RELEASED, 20, 0)
    assert used(desk) == 20


def test_a_photo_alone_is_not_given_up_for_one_loss():
    desk = new_desk()
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    lost(ledger.claim("test:mortal"))
    assert survive(()) == 0
    assert desk.reload(job).status == JobStatus.RELEASED


def most_deaths(items: int, poison: int) -> int:
    """Three for the whole, one for each suspected part on the way to each photo, three for each photo."""
    levels = (items - 1).bit_length() - 1
    return ledger.MOST_ATTEMPTS + poison * levels + poison * ledger.MOST_ATTEMPTS


def test_shards_are_never_so_large_that_one_photo_costs_many_workers():
    assert most_deaths(pace.MOST, 1) <= 14
