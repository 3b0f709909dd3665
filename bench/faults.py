"""What can go wrong around a running job, done to real processes, and how long work stood still."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from portal.local import state
from portal.local.postgres import Postgres
from recognition.models import Job, Shard
from tests.support.workers import kill_child, worker

FULL_FOR = 4.0  # seconds
T = TypeVar("T")


def patiently(read: Callable[[], T], seconds: float = 120) -> T:
    """Return what is read, however often the database went away meanwhile."""
    end = time.monotonic() + seconds
    while True:
        try:
            return read()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@dataclass
class Fault:
    """Something that happened: work goes on when `goes_on` holds."""

    kind: str
    at: float
    goes_on: Callable[[Job], bool]
    seconds: float | None = None


class World:
    """The services and workers of a soak."""

    def __init__(self, home: Path, plan: dict[str, Any], stack: ExitStack) -> None:
        self.home, self.skipped = home, list[str]()
        self._postgres = Postgres(home, state.load(home) or {})
        self._mount = Path(plan["mount"]) if plan["mount"] else None
        self._faults: list[Fault] = []
        self._chance = random.Random(plan["seed"])
        environment = dict(os.environ) | {"FAKE_SECONDS": str(plan["fake_seconds"])}
        self._engines = [
            stack.enter_context(
                worker(
                    environment,
                    "--queues=interactive,gpu",
                    f"--hostname=engine{number}@soak",
                    engine=plan["engine"],
                )
            )
            for number in range(plan["workers"])
        ]
        stack.enter_context(worker(environment, "--queues=control,cpu", "--hostname=light@soak", "--beat"))
        self._happen: dict[str, Callable[[Job], bool]] = {
            "worker killed": self._kill,
            "broker flushed": self._flush,
            "database restarted at once": self._restart,
            "disk full": self._fill,
        }

    def happen(self, kind: str, job: Job) -> bool:
        """Let a fault happen; False where there is nothing yet that it could happen to."""
        return self._happen[kind](job)

    def note(self, job: Job) -> None:
        """See which faults work has got over."""
        for fault in self._faults:
            if fault.seconds is None and patiently(lambda fault=fault: fault.goes_on(job)):  # type: ignore[misc]
                fault.seconds = time.monotonic() - fault.at

    def faults(self) -> list[dict[str, Any]]:
        """Return each fault with the seconds until work went on; None where the job ended before."""
        return [
            {"kind": one.kind, "seconds": None if one.seconds is None else round(one.seconds, 1)}
            for one in self._faults
        ]

    def _begin(self, kind: str, goes_on: Callable[[Job], bool]) -> bool:
        self._faults.append(Fault(kind, time.monotonic(), goes_on))
        return True

    def _kill(self, job: Job) -> bool:
        """Kill a worker with a shard; work goes on when somebody else has leased that shard."""
        leased = [
            (engine, row)
            for engine in self._engines
            for row in patiently(lambda engine=engine: _leased_by(engine))  # type: ignore[misc]
        ]
        if not leased:
            return False
        engine, row = self._chance.choice(leased)
        if not kill_child(engine):
            return False
        return self._begin("worker killed", lambda _: Shard.objects.get(pk=row.pk).lease != row.lease)

    def _flush(self, job: Job) -> bool:
        redis.from_url(settings.REDIS_URL).flushdb()
        return self._begin("broker flushed", _further_than(job))

    def _restart(self, job: Job) -> bool:
        self._postgres.server.stop((signal.SIGQUIT,), 20)
        self._postgres.up()
        connection.close()
        return self._begin("database restarted at once", _further_than(job))

    def _fill(self, job: Job) -> bool:
        """Leave the database no room for a while; counted from when there is room again."""
        if self._mount is None:
            self.skipped.append("disk full: no file system of our own could be mounted")
            return True
        ballast = self._mount / "ballast"
        _fill_up(self._mount, ballast)
        time.sleep(FULL_FOR)
        ballast.unlink()
        self._postgres.up()  # without room for its log it may have ended; the supervisor starts it again
        connection.close()
        return self._begin("disk full", _further_than(job))


def _leased_by(engine: psutil.Process) -> list[Shard]:
    """Return the shards that a worker's child has on lease: its name holds the number of its process."""
    marks = [f":{child.pid}:" for child in engine.children()]
    rows = Shard.objects.filter(state="leased")
    return [row for row in rows if any(mark in row.worker for mark in marks)]


def _further_than(job: Job) -> Callable[[Job], bool]:
    ended = job.done + job.failed
    return lambda seen: seen.done + seen.failed > ended


def _fill_up(mount: Path, ballast: Path) -> None:
    """Take all the room, down to the last page."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            block = bytes(size)
            try:
                while True:
                    file.write(block)
            except OSError:
                continue
