"""A call over HTTP beside the engine alone on the same photo, in turn: what the layers between add."""

import statistics
from collections.abc import Callable
from typing import Any

from bench.clock import Taken, medians, taken

COLD = 3  # turns that are not measured


def beside(
    engine: Any,
    photo: bytes,
    call: Callable[[], object],
    turns: int,
    *,
    inside: Callable[[], object] | None = None,
) -> dict[str, float]:
    """Take turns: what slows the machine slows all alike.

    Args:
        engine: In this process.
        photo: What it looks at.
        call: The same over HTTP.
        turns: How often.
        inside: What the call does inside, by a worker, without HTTP and without the interface's own work.

    Returns:
        Medians in milliseconds of all, of what the call took more than the engine, that as percent of the
        engine, and of what it took more than the work inside.
    """
    work = {"engine": lambda: list(engine.run([("photo", lambda: photo)])), "call": call}
    if inside:
        work["inside"] = inside
    times: dict[str, list[Taken]] = {name: [] for name in work}
    for turn in range(turns + COLD):
        for name in work if turn % 2 else reversed(list(work)):
            took = taken(work[name])
            if turn >= COLD:
                times[name].append(took)
    pairs = list(zip(times["engine"], times["call"], strict=True))
    found = {name: medians(times[name])["wall"] for name in work}
    found["added"] = round(statistics.median(call.wall - own.wall for own, call in pairs) * 1e3, 2)
    found["percent"] = round(statistics.median(call.wall / own.wall for own, call in pairs) * 100 - 100, 1)
    if inside:
        pairs = list(zip(times["inside"], times["call"], strict=True))
        found["interface"] = round(statistics.median(call.wall - own.wall for own, call in pairs) * 1e3, 2)
    return found
