"""Medians of what work takes, on the clock and in this process."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Taken:
    """What one piece of work took, in seconds: on the clock, and of this process' processor time."""

    wall: float
    cpu: float


def taken(work: Callable[[], object]) -> Taken:
    """Do work once and return what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


def medians(times: list[Taken], *, scale: float = 1e3, digits: int = 2) -> dict[str, float]:
    """Return the medians of what work took, in milliseconds unless scaled otherwise."""
    return {
        name: round(statistics.median(getattr(one, name) for one in times) * scale, digits)
        for name in ("wall", "cpu")
    }
