"""Grows a log and asks it for proofs; bench/trail.py runs this on its own."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

import psycopg  # noqa: E402 - needs settings, as what follows
from django.db import transaction  # noqa: E402

from portal.audit import actions as audit  # noqa: E402
from portal.audit import checkpoints, log, sequencer, verification  # noqa: E402
from portal.tenancy.actor import Actor  # noqa: E402

SIZES = (2_000, 10_000, 50_000)  # more than the events written before
EVENTS = 200  # a round, of each kind
PROOFS = 100
BY = Actor.system("bench")
_drawn = random.Random(1)


def main() -> None:
    """Measure, and print what it took as JSON."""
    rounds = int(sys.argv[1])
    event = _event(rounds)
    sizes = {size: _at(size) for size in SIZES}
    print(json.dumps({"event": event, "sizes": sizes}))


def _event(rounds: int) -> dict[str, float]:
    """Return the milliseconds of writing one event, with the queue and without it, in turn."""
    times: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    owner = psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)
    for _ in range(rounds):
        for how, taken in times.items():
            owner.execute(f"ALTER TABLE audit_event {how} TRIGGER audit_event_waits".encode())
            _write(1)
            taken += [_seconds(lambda: _write(1)) for _ in range(EVENTS)]
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_waits")
    queued, alone = (statistics.median(times[how]) * 1e3 for how in ("ENABLE", "DISABLE"))
    return {
        "an event with its place in the queue, ms": round(queued, 3),
        "an event alone, ms": round(alone, 3),
        "ratio": round(queued / alone, 3),
    }


def _at(size: int) -> dict[str, float]:
    """Let the log grow to a size; return what that and its proofs took."""
    while sequencer.run():
        pass
    before = log.size()
    for start in range(before, size, 1_000):
        _write(min(1_000, size - start))
    placed = _seconds(_place_all)
    _write(1)
    one = _seconds(_place_all)
    places = [_drawn.randrange(size) for _ in range(PROOFS)]
    checked = _seconds(lambda: verification.verify(keys=[checkpoints.signer().key]))
    return {
        "places given a second": round((size - before) / placed),
        "one event placed and signed, ms": round(one * 1e3, 2),
        "an inclusion proof, ms": _median(lambda place: log.inclusions([place], size), places),
        "fifty inclusion proofs at once, ms": _median(
            lambda place: log.inclusions([(place * n) % size for n in range(1, 51)], size), places[:20]
        ),
        "a consistency proof, ms": _median(lambda place: log.consistency(place, size), places),
        "entries verified a second (trail verify)": round(size / checked),
    }


def _place_all() -> None:
    while sequencer.run():
        pass


def _write(count: int) -> None:
    with transaction.atomic():
        if count == 1:
            audit.record(verb="image.uploaded", actor=BY, target="img_bench", size=412733, sha256="9f" * 32)
        else:
            about = [(f"img_bench_{n}", {"size": n, "sha256": "9f" * 32}) for n in range(count)]
            audit.record_many(verb="image.uploaded", actor=BY, about=about)


def _median(work: Callable[[int], object], places: list[int]) -> float:
    return round(statistics.median(_seconds(lambda place=place: work(place)) for place in places) * 1e3, 2)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
