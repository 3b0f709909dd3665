"""A call over HTTP beside the engine alone on the same photo, in turn: what the layers between add."""

import statistics
from collections.abc import Callable
from typing import Any

from bench.clock import Taken, medians, taken

COLD = 3  # turns that are not measured


def beside(engine: Any, photo: bytes, call: Callable[[], object], turns: int) -> dict[str, float]:
    """Take turns: what slows the machine slows both alike.

    Returns:
        Medians in milliseconds of both, of what the call took more, and that as percent of the engine.
    """
    work = {"engine": lambda: list(engine.run([("photo", lambda: photo)])), "call": call}
    times: dict[str, list[Taken]] = {name: [] for name in work}
    for turn in range(turns + COLD):
        for name in work if turn % 2 else reversed(work):
            took = taken(work[name])
            if turn >= COLD:
                times[name].append(took)
    pairs = list(zip(times["engine"], times["call"], strict=True))
    found = {name: medians(times[name])["wall"] for name in work}
    found["added"] = round(statistics.median(call.wall - own.wall for own, call in pairs) * 1e3, 2)
    found["percent"] = round(statistics.median(call.wall / own.wall for own, call in pairs) * 100 - 100, 1)
    return found
