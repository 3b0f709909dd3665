"""Notices an engine worker that lives, and takes no work although there is some.

Its signs of life go on, since a thread of their own gives them. A connection to the broker that died without
notice makes a worker deaf; a device that hangs makes it stand still in the middle of a shard. No retry inside
the process helps against either: it ends, and whoever supervises it starts another.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable

GRACE_SECONDS = 3.0  # for Celery's main process to end in its own way
log = logging.getLogger(__name__)


class Watchdog:
    """Measures how long a worker has taken nothing. `progress` may be called from any thread."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to measure.

        Args:
            seconds: So long without progress, while work waits, is standing still.
            clock: Seconds that never go back.
        """
        self._seconds, self._clock = seconds, clock
        self._moved = clock()

    def progress(self) -> None:
        """Note that the worker asks for work or goes on with it."""
        self._moved = self._clock()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing moved for half of the time: long enough to ask why."""
        return self._clock() - self._moved > self._seconds / 2

    def stands_still(self, *, has_work: bool, was_called: bool) -> bool:
        """Say whether the worker takes no work although it could; to be asked while it is quiet.

        Args:
            has_work: Shards are ready, or leased to this worker.
            was_called: The broker took a message that wakes workers; while it is away nobody hears anything.
        """
        if not has_work or not was_called:
            self.progress()
        return self._clock() - self._moved > self._seconds


def leave(reason: str) -> None:
    """End this process and Celery's main process above it; does not return."""
    log.critical("This worker ends, to be started again: %s", reason)
    above = os.getppid()
    os.kill(above, signal.SIGQUIT)
    time.sleep(GRACE_SECONDS)
    os.kill(above, signal.SIGKILL)
    os._exit(os.EX_SOFTWARE)
