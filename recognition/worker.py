"""What lives as long as an engine worker's process: its model and its heartbeat."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import socket
import threading
import time
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from portal.common.clock import database_now
from recognition import client, ledger, line
from recognition.counter import Counter
from recognition.ledger import Claim
from recognition.models import Heartbeat
from recognition.watchdog import Watchdog, leave
from recognition.writing import EngineLike

BEAT_SECONDS = 1.0
FORGET_AFTER = timedelta(hours=1)
log = logging.getLogger(__name__)
# Drawn where Celery's main process imports this, and the same in all that it forks: workers of one lineage
# share a machine, so that the next one can tell which of them are dead.
LINEAGE = secrets.token_hex(4)


class Worker:
    """One engine process. Made after the fork: a model loaded before it would hang the child."""

    def __init__(self) -> None:
        self.name = f"{_kin()}{os.getpid()}:{time.time_ns()}"
        self._engine: EngineLike | None = None
        self._counter: Counter | None = None
        self._dropped: list[Claim] = []
        self._watchdog = Watchdog(settings.ENGINE_STALLED_SECONDS)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def begin(self, *, serves_calls: bool = False) -> None:
        """Give signs of life from now on, and load the model; then serve synchronous calls, if it is to."""
        self._beat_once()  # a lease whose worker was never heard of would have to run out
        self._thread.start()
        self.engine  # noqa: B018 - loads it
        if serves_calls:
            self._counter = Counter(self.engine, worker=self.name)
            self._counter.begin()

    def drop(self, claim: Claim) -> None:
        """Give a shard back, undone, as soon as the database can be written again: not its items' fault."""
        self._dropped.append(claim)

    def progress(self) -> None:
        """Note that this process asks for work or goes on with it."""
        self._watchdog.progress()

    def end(self) -> None:
        """Stop the signs of life in a way that is seen, so that leases end at once."""
        if self._counter is not None:
            self._counter.end()
        self._ended.set()
        self._thread.join(timeout=2 * BEAT_SECONDS)
        _silence(self.name)

    @property
    def engine(self) -> EngineLike:
        """The engine, loaded once."""
        if self._engine is None:
            load = import_string(settings.COUNTENANCE_ENGINE)
            self._engine = cast(EngineLike, load())
            gc.collect()
            gc.freeze()  # it stays: looking through it for garbage would hold up calls and shards
            self.progress()
        return self._engine

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            self._beat_once()
        connection.close()  # the thread's own

    def _beat_once(self) -> None:
        try:
            self._write()
            self._give_back()
            self._watch()
        except (DatabaseError, InterfaceError) as error:  # it restarts, or is full: the next beat tells
            log.warning("heartbeat not written: %s", type(error).__name__)
            connection.close()

    def _write(self) -> None:
        pipeline = self._engine.pipeline_id if self._engine else ""
        Heartbeat.objects.update_or_create(
            worker=self.name, defaults={"pipeline": pipeline, "beat_at": Now()}
        )

    def _watch(self) -> None:
        """End this process where it takes no work although there is some."""
        if self._engine is None or not self._watchdog.is_quiet:
            return
        has_work = bool(ledger.ready_count(self.name)) or ledger.holds(self.name)
        was_called = has_work and client.wake()  # in case that no message came to this worker
        if self._watchdog.stands_still(has_work=has_work, was_called=was_called):
            _silence(self.name)  # not live any more: readiness and `doctor` say so, its leases end
            leave(f"it took no work for {settings.ENGINE_STALLED_SECONDS:.0f} s although there is some")

    def _give_back(self) -> None:
        while self._dropped:
            ledger.give_back(self._dropped[0])
            self._dropped.pop(0)
            client.wake()


def bury_kin() -> None:
    """Say goodbye for workers of this lineage that were killed: their leases end at once, not in seconds.

    So does the wait of a caller whom one of them served.
    """
    for name in Heartbeat.objects.filter(pk__startswith=_kin()).values_list("pk", flat=True):
        if not _lives(int(name.removeprefix(_kin()).partition(":")[0])):
            _silence(name)
            line.lost(name)


def _kin() -> str:
    return f"{socket.gethostname()[:60]}:{LINEAGE}:"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _silence(name: str) -> None:
    Heartbeat.objects.filter(pk=name).update(beat_at=database_now() - FORGET_AFTER / 2)


def forget_dead() -> None:
    """Delete heartbeats of processes long gone."""
    Heartbeat.objects.filter(beat_at__lt=database_now() - FORGET_AFTER).delete()
