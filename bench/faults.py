"""What can go wrong around a running job, done to real processes, and how long work stood still."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q

from portal.common.errors import Unavailable
from portal.local import state
from portal.local.postgres import Postgres
from portal.local.valkey import Valkey
from recognition.models import Heartbeat, Job, Shard
from tests.support.workers import kill_child, wait_for, worker

FULL_FOR = 4.0  # seconds
LOADED_WITHIN = 180.0
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

    def __init__(
        self, home: Path, plan: dict[str, Any], stack: ExitStack, upload: Callable[[], object]
    ) -> None:
        """Start the workers.

        Args:
            home: Folder of the services.
            plan: From the command line.
            stack: Ends the workers.
            upload: Hands in a few photos, as somebody does while a job runs.
        """
        self.home, self.skipped = home, list[str]()
        remembered = state.load(home) or {}
        self._postgres, self._valkey = Postgres(home, remembered), Valkey(home, remembered)
        self._mounts = {name: Path(mount) for name, mount in plan["mounts"].items()}
        self._absent, self._upload = plan["absent"], upload
        self.uploads_answered_wrongly = self.stood_still = 0
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
            "broker absent": self._stop_broker,
            "database restarted at once": self._restart,
            "disk full": self._fill,
            "photo store full": self._fill_store,
        }

    def await_engines(self) -> None:
        """Wait until every engine has loaded its model: none is to begin during the undisturbed job."""
        wait_for(lambda: Heartbeat.objects.exclude(pipeline="").count() >= len(self._engines), LOADED_WITHIN)

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
        return self._begin("broker flushed", _further())

    def _stop_broker(self, job: Job) -> bool:
        """Kill the broker and leave it away; counted from when there is one again. Work goes on meanwhile."""
        self._valkey.server.stop((signal.SIGKILL,), 20)
        before = patiently(_steps)
        time.sleep(self._absent)
        self.stood_still += patiently(_steps) <= before and patiently(_shards_left)
        self._valkey.up()
        return self._begin("broker absent", _further())

    def _restart(self, job: Job) -> bool:
        self._postgres.server.stop((signal.SIGQUIT,), 20)
        self._postgres.up()
        connection.close()
        return self._begin("database restarted at once", _further())

    def _fill(self, job: Job) -> bool:
        """Leave the database no room for a while; counted from when there is room again."""
        mount = self._room_of("disk full", "postgres")
        if mount is None:
            return True
        with _filled_up(mount):
            time.sleep(FULL_FOR)
        self._postgres.up()  # without room for its log it may have ended; the supervisor starts it again
        connection.close()
        return self._begin("disk full", _further())

    def _fill_store(self, job: Job) -> bool:
        """Leave the photos no room for a while: what is handed in is refused whole, and then taken."""
        mount = self._room_of("photo store full", "media")
        if mount is None:
            return True
        with _filled_up(mount):
            self.uploads_answered_wrongly += not _is_refused(self._upload)
            time.sleep(FULL_FOR)
        self.uploads_answered_wrongly += _is_refused(self._upload)
        return self._begin("photo store full", _further())

    def _room_of(self, kind: str, name: str) -> Path | None:
        """Return the file system that a fault fills up; None, and the fault named, where there is none."""
        if name not in self._mounts:
            self.skipped.append(f"{kind}: no file system of our own could be mounted")
        return self._mounts.get(name)


def _steps() -> set[tuple[Any, ...]]:
    """Return what workers did with shards: something new is in it when one was taken or finished."""
    by_workers = Q(lease__isnull=False) | Q(state="done")  # who finishes one gives its lease back
    return set(Shard.objects.filter(by_workers).values_list("pk", "lease", "state"))


def _shards_left() -> bool:
    return Shard.objects.filter(state__in=("ready", "leased")).exists()


def _leased_by(engine: psutil.Process) -> list[Shard]:
    """Return the shards that a worker's child has on lease: its name holds the number of its process."""
    marks = [f":{child.pid}:" for child in engine.children()]
    rows = Shard.objects.filter(state="leased")
    return [row for row in rows if any(mark in row.worker for mark in marks)]


def _further() -> Callable[[Job], bool]:
    """Work goes on when there is more than at the first look after the fault, or nothing left to do."""
    first: list[int] = []

    def goes_on(seen: Job) -> bool:
        ended = seen.done + seen.failed
        first.append(ended)
        return ended > first[0] or ended == seen.total

    return goes_on


def _is_refused(upload: Callable[[], object]) -> bool:
    try:
        patiently(upload)
    except Unavailable:
        return True
    return False


@contextmanager
def _filled_up(mount: Path) -> Iterator[None]:
    """Take all the room of a file system, down to the last page, for as long as the block lasts."""
    ballast = mount / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            block = bytes(size)
            with suppress(OSError):
                while True:
                    file.write(block)
    try:
        yield
    finally:
        ballast.unlink()
