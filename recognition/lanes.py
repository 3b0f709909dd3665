"""Two shards at a time in one worker: while one is searched and written, the next is read and looked at.

A lane does one shard after the other, each whole: claim, gate, engine, search, commit. Of the way from the
claim to the last photo handed to the engine only one lane is on at any time, so lanes never run in step: the
engine has photos to look at while the other lane waits for the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, connection

from portal.common.envelope import KeyServiceSilent
from recognition import ledger, runner
from recognition.engine.types import ImageResult
from recognition.ledger import Claim
from recognition.writing import EngineLike

LANES = 2
TURN_SECONDS = 5.0  # after which no shard is begun: calls of people wait between turns, not among shards


class Lanes:
    """The lanes of one engine process. Made after the fork."""

    def __init__(
        self,
        name: str,
        engine: EngineLike,
        *,
        drop: Callable[[Claim], None],
        progress: Callable[[], None],
    ) -> None:
        """Open the lanes.

        Args:
            name: Of the worker, for its leases.
            engine: Serves several runs at a time.
            drop: Gives a shard back once the database can be written again.
            progress: Called whenever work is asked for or goes on.
        """
        self._name, self._engine, self._drop, self._progress = name, engine, drop, progress
        self._entrance = threading.Lock()

    def work(self) -> None:
        """Do shards that are ready, for one turn; return when all that were begun are done.

        Raises:
            Exception: What broke a lane, when the other has done its shard.
        """
        until = time.monotonic() + TURN_SECONDS
        with ThreadPoolExecutor(LANES, thread_name_prefix="lane") as threads:
            lanes = [threads.submit(self._go, until) for _ in range(LANES)]
        for lane in lanes:
            lane.result()

    def _go(self, until: float) -> None:
        try:
            while self._one() and time.monotonic() < until:
                pass
        finally:
            connection.close()  # the thread's own

    def _one(self) -> bool:
        """Do one shard; False when none is ready."""
        self._entrance.acquire()
        leave = _once(self._entrance.release)
        self._progress()
        try:
            claim: Claim | None = ledger.claim(self._name)
            if claim:
                self._do(claim, _Watched(self._engine, self._progress, leave))
            return claim is not None
        finally:
            leave()

    def _do(self, claim: Claim, engine: EngineLike) -> None:
        try:
            runner.run(claim, engine)
        except (OperationalError, InterfaceError, KeyServiceSilent):
            self._drop(claim)
            raise


class _Watched:
    """An engine that tells of each photo it takes, and when it has taken the last one of a run."""

    def __init__(self, engine: EngineLike, takes: Callable[[], None], took_all: Callable[[], None]) -> None:
        self.pipeline_id = engine.pipeline_id
        self._engine, self._takes, self._took_all = engine, takes, took_all

    def run(
        self,
        images: Iterable[tuple[str, Callable[[], bytes]]],
        *,
        between_batches: Callable[[], None] | None = None,
    ) -> Iterator[ImageResult]:
        return self._engine.run(self._all(images), between_batches=between_batches)

    def _all(
        self, images: Iterable[tuple[str, Callable[[], bytes]]]
    ) -> Iterator[tuple[str, Callable[[], bytes]]]:
        for image in images:
            self._takes()
            yield image
        self._took_all()


def _once(step: Callable[[], None]) -> Callable[[], None]:
    """Return a step that is taken the first time only."""
    left = [step]
    return lambda: left.pop()() if left else None
