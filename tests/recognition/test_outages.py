"""A database that goes away or is full costs time, and no photo is blamed for it."""

import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from portal.common.clock import database_now
from portal.common.envelope import KeyServiceSilent
from recognition import ledger, runner
from recognition.models import Heartbeat, Shard, ShardState
from recognition.worker import Worker, bury_kin
from tests.support.jobs import ANNA, Meanwhile, new_desk, photo
from tests.support.workers import FAKE, wait_for


@pytest.fixture(autouse=True)
def quiet(database: None) -> Iterator[None]:
    """Find and leave no open shard: tests of one process share a database."""
    put_away()
    yield
    put_away()


def put_away() -> None:
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)


@pytest.fixture
def job():
    desk = new_desk()
    return desk.submit("detect", [("a.png", photo(ANNA)), ("b.png", photo(ANNA))], gallery=None)


def full() -> None:
    raise OperationalError("could not extend file: No space left on device")


def shard(job) -> Shard:
    return Shard.objects.get(job_id=job.pk)


def test_a_full_disk_is_told_to_the_worker_and_no_attempt_of_the_items(job):
    claim = ledger.claim("test:worker")
    with pytest.raises(OperationalError):
        runner.run(claim, Meanwhile(full))
    ledger.give_back(claim)
    assert (shard(job).state, shard(job).attempt) == (ShardState.READY, 0)


def test_a_silent_key_service_is_told_to_the_worker_and_no_attempt_of_the_items(job, settings):
    settings.KEY_ENCRYPTION_SERVICE = "portal.tenancy.wrapping.CommandKeys"
    settings.KEY_ENCRYPTION_COMMAND = "false"
    claim = ledger.claim("test:worker")
    with pytest.raises(KeyServiceSilent):
        runner.run(claim, Meanwhile(full))
    ledger.give_back(claim)
    assert (shard(job).state, shard(job).attempt) == (ShardState.READY, 0)


def test_what_a_worker_could_not_write_it_gives_back_when_the_database_answers_again(job, settings):
    settings.COUNTENANCE_ENGINE = FAKE
    worker = Worker()
    worker.begin()
    worker.drop(ledger.claim(worker.name))
    wait_for(lambda: shard(job).state == ShardState.READY, 20, 0.1)
    worker.end()
    assert shard(job).attempt == 0


def test_leases_of_a_killed_worker_end_when_the_next_of_its_lineage_begins(job):
    killed = subprocess.Popen(["true"])
    killed.wait()
    name = f"{Worker().name.rsplit(':', 2)[0]}:{killed.pid}:1"
    Heartbeat.objects.create(worker=name)
    claim = ledger.claim(name)
    assert claim not in ledger.lost()
    bury_kin()
    assert claim in ledger.lost()


def test_a_worker_that_lives_is_not_buried_by_its_kin(job):
    name = Worker().name  # of this very process
    Heartbeat.objects.create(worker=name)
    claim = ledger.claim(name)
    bury_kin()
    assert claim not in ledger.lost()
    Heartbeat.objects.filter(pk=name).delete()


def test_after_a_restart_of_the_database_workers_have_time_to_be_heard(job):
    claim = ledger.claim("test:worker")
    Heartbeat.objects.create(worker="test:worker", beat_at=ago(20))
    assert claim in ledger.lost(database_since=ago(60))
    assert claim not in ledger.lost(database_since=ago(2))
    Heartbeat.objects.filter(pk="test:worker").update(beat_at=ago(90))
    assert claim in ledger.lost(database_since=ago(2))
    Heartbeat.objects.filter(pk="test:worker").delete()


def ago(seconds: int) -> datetime:
    return database_now() - timedelta(seconds=seconds)


def test_what_was_lost_once_is_worked_on_alone():
    desk = new_desk()
    photos = [[("a.png", photo(ANNA))] for _ in range(3)]
    first, second, third = (desk.submit("detect", files, gallery=None) for files in photos)
    ledger.take_over(ledger.claim("test:lost"))
    suspect = ledger.claim("test:one")
    assert suspect.job_id == first.pk
    assert ledger.claim("test:one") is None
    assert [ledger.claim("test:two").job_id for _ in range(2)] == [second.pk, third.pk]
    ledger.take_over(suspect)
    assert ledger.claim("test:two") is None
    assert ledger.claim("test:three").job_id == first.pk
