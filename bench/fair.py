"""Submits small jobs beside a large one; bench/fairness.py runs this on a database of its own."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

import django

django.setup()

from bench.load import photos, unread  # noqa: E402 - needs settings, as what follows
from recognition.actions import images  # noqa: E402
from recognition.actions.images import Received  # noqa: E402
from recognition.states import UNFINISHED  # noqa: E402
from tests.support.jobs import Desk, new_desk  # noqa: E402
from tests.support.workers import wait_for, workers  # noqa: E402

LARGE = 20_000
A_PHOTO = "0.009"  # seconds: 110 photos a second


def main() -> None:
    """Measure, and print what it took as JSON."""
    rounds = int(sys.argv[1])
    small, large = new_desk("Small House"), new_desk("Large House")
    received = images.receive(
        organization=small.tenant.organization, files=photos(10), subject_from="filename", by=small.by
    )
    with workers(dict(os.environ) | {"FAKE_SECONDS": A_PHOTO}):
        _seconds(small, received)  # the first waits for the worker to start
        idle = [_seconds(small, received) for _ in range(rounds)]
        job = large.order("detect", Received(unread(large, LARGE)), gallery=None)
        wait_for(lambda: large.reload(job).done, 60)
        busy = [_seconds(small, received) for _ in range(rounds)]
        assert large.reload(job).status in UNFINISHED, "the large job ended before the small ones"
    print(json.dumps({"idle": _summed(idle), f"while one of {LARGE:,} runs": _summed(busy)}))


def _seconds(desk: Desk, received: Received) -> float:
    begun = time.monotonic()
    job = desk.order("detect", received, gallery=None)
    wait_for(lambda: desk.reload(job).status not in UNFINISHED, 120, 0.02)
    return time.monotonic() - begun


def _summed(seconds: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "worst": round(max(seconds), 2)}


main()
