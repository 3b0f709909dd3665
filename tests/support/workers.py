"""Real Celery workers for tests: own processes, the test's database and broker, an engine of choice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from portal.env import ROOT

FAKE = "tests.support.fake_engine.load"
REAL = "recognition.engine.registry.load"
CELERY = (
    sys.executable,
    "-m",
    "celery",
    "--app=portal.celery",
    "worker",
    "--concurrency=1",
    "--loglevel=WARNING",
)


@contextmanager
def worker(environment: dict[str, str], *options: str, engine: str = FAKE) -> Iterator[psutil.Process]:
    """Run a worker for as long as the block lasts; yield its parent process."""
    variables = environment | {"COUNTENANCE_ENGINE": engine, "PYTHONPATH": str(ROOT)}
    log = Path(variables["COUNTENANCE_HOME"]) / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            (
                *CELERY,
                "--concurrency=1",
                "--loglevel=WARNING",
                "--without-gossip",
                "--without-mingle",
                *options,
            ),
            cwd=ROOT,
            env=variables,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def workers(environment: dict[str, str], engine: str = FAKE) -> Iterator[psutil.Process]:
    """Run an engine worker and a light one with the clock; yield the engine worker's parent process."""
    with (
        worker(
            environment, "--queues=interactive,gpu", "--hostname=engine@test", engine=engine
        ) as engine_worker,
        worker(environment, "--queues=control,cpu", "--hostname=light@test", "--beat"),
    ):
        yield engine_worker


def kill_child(parent: psutil.Process) -> bool:
    """SIGKILL the process that runs tasks, as the kernel would for want of memory; False if there is none."""
    children = parent.children()
    if not children:
        return False
    children[0].kill()
    return True


def wait_for(condition: Callable[[], object], seconds: float, every: float = 0.2) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It did not within the time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(every)
