"""A worker that lives and takes nothing ends itself, so that it is started again."""

import signal

import psutil
import pytest

from recognition import client
from recognition.models import JobStatus
from recognition.watchdog import Watchdog
from tests.support.jobs import ANNA, new_desk, photo
from tests.support.workers import wait_for, worker

QUEUES = "--queues=interactive,gpu"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def quiet(seconds: float) -> Watchdog:
    clock = Clock()
    watchdog = Watchdog(60.0, clock)
    clock.now = seconds
    return watchdog


@pytest.mark.parametrize(
    ("seconds", "has_work", "was_called", "still"),
    [(61, True, True, True), (59, True, True, False), (61, False, True, False), (61, True, False, False)],
    ids=["too long", "not yet", "nothing to do", "the broker is away"],
)
def test_only_a_worker_that_could_work_stands_still(seconds, has_work, was_called, still):
    assert quiet(seconds).stands_still(has_work=has_work, was_called=was_called) is still


def test_time_without_work_does_not_count():
    watchdog = quiet(61)
    watchdog.stands_still(has_work=False, was_called=False)
    assert not watchdog.is_quiet


@pytest.mark.engine
@pytest.mark.timeout(120)
def test_a_deaf_worker_ends_and_the_next_one_does_its_work(fresh_database):
    desk = new_desk()
    with worker(fresh_database | {"ENGINE_STALLED_SECONDS": "2"}, QUEUES) as deaf:
        wait_for(client.engine_is_live, 60)
        child = psutil.Process(deaf.pid).children()[0]
        deaf.send_signal(signal.SIGSTOP)  # it consumes nothing more; its child goes on giving signs of life
        job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(3)], gallery=None)
        wait_for(lambda: not child.is_running() and deaf.status() == psutil.STATUS_ZOMBIE, 40)
        assert not client.engine_is_live()
    with worker(fresh_database, QUEUES):
        wait_for(lambda: desk.reload(job).status == JobStatus.RELEASED, 60)
