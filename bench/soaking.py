"""Runs a job undisturbed and through faults; bench/soak.py starts this on services of its own."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django

django.setup()

from bench.faults import World, patiently  # noqa: E402 - needs settings, as what follows
from bench.load import photos  # noqa: E402
from bench.tally import tally  # noqa: E402
from recognition.actions import images  # noqa: E402
from recognition.actions.images import Photo, Received  # noqa: E402
from recognition.models import Job  # noqa: E402
from recognition.states import UNFINISHED  # noqa: E402
from tests.support.jobs import Desk, new_desk  # noqa: E402
from tests.support.mortal import POISON  # noqa: E402

LOOK_EVERY = 0.2  # seconds
LONGEST = 7200.0
WITHIN = 0.6  # of the work all faults happen: enough is left to see it go on
UPLOADED = 3  # photos, while and after the store is full
WARM_UP = 16  # photos; from them the ledger knows how fast the workers are


def main() -> None:
    """Run both jobs and print what they came to as JSON."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    chance = random.Random(plan["seed"])
    desk = new_desk()
    received, poisoned = _received(desk, plan["photos"]), _received(desk, plan["poison"], POISON)
    mixed, poison = _mixed(received, poisoned, chance)
    with ExitStack() as stack:
        world = World(Path(plan["home"]), plan, stack, upload=lambda: _received(desk, UPLOADED))
        world.await_engines()
        _calm(desk, Received(received.photos[:WARM_UP]))
        calm, calm_seconds = _calm(desk, received)
        stormy, seconds, faults = _stormy(desk, mixed, world, _schedule(plan, chance))
    found = {
        "photos": plan["photos"],
        "undisturbed, s": round(calm_seconds, 1),
        "with faults, s": round(seconds, 1),
        "times longer": round(seconds / calm_seconds, 2),
        "faults": faults,
        "skipped": world.skipped,
        "uploads answered wrongly": world.uploads_answered_wrongly,
        "stood still without a broker": int(world.stood_still),
        "recoveries": stormy.recoveries,
        **patiently(lambda: tally(desk, calm, stormy, poison, WARM_UP)),
    }
    print(json.dumps(found))


def _received(desk: Desk, number: int, mark: bytes = b"") -> Received:
    return images.receive(
        organization=desk.tenant.organization,
        files=photos(number, mark),
        subject_from="filename",
        by=desk.by,
    )


def _mixed(
    received: Received, poisoned: Received, chance: random.Random
) -> tuple[Received, dict[int, Photo]]:
    """Return the photos with the poisoned in the place of some, and these by position."""
    places = chance.sample(range(len(received.photos)), len(poisoned.photos))
    poison = dict(zip(places, poisoned.photos, strict=True))
    return Received([poison.get(n, one) for n, one in enumerate(received.photos)]), poison


def _schedule(plan: dict[str, Any], chance: random.Random) -> list[str]:
    kinds = [kind for kind, number in plan["faults"].items() for _ in range(number)]
    chance.shuffle(kinds)
    return kinds


def _calm(desk: Desk, received: Received) -> tuple[Job, float]:
    *_, job = _looks(desk, desk.order("detect", received, gallery=None))
    return job, _took(job)


def _took(job: Job) -> float:
    """Return the seconds from a job's order to the end of its work, by the database's clock."""
    return (job.finished_at - job.created_at).total_seconds() if job.finished_at else LONGEST


def _stormy(
    desk: Desk, received: Received, world: World, kinds: list[str]
) -> tuple[Job, float, list[dict[str, Any]]]:
    """Run a job and let each fault happen when its share of the work is done."""
    happened = 0
    job = desk.order("detect", received, gallery=None)
    for seen in _looks(desk, job):
        world.note(seen)
        due = (seen.done + seen.failed) * len(kinds) >= WITHIN * job.total * happened
        if due and happened < len(kinds):
            happened += world.happen(kinds[happened], seen)
    world.skipped += [f"{kind}: the job had ended" for kind in kinds[happened:]]
    ended = patiently(lambda: desk.reload(job))
    return ended, _took(ended), world.faults()


def _looks(desk: Desk, job: Job) -> Iterator[Job]:
    """Yield the job as it is, until it has ended."""
    end, read = time.monotonic() + LONGEST, _reader(desk, job)
    while True:
        seen = patiently(read)
        yield seen
        if seen.status not in UNFINISHED:
            return
        if time.monotonic() > end:
            raise RuntimeError(f"The job did not end: {seen.done} of {seen.total} done.")
        time.sleep(LOOK_EVERY)


def _reader(desk: Desk, job: Job) -> Callable[[], Job]:
    return lambda: desk.reload(job)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    main()
