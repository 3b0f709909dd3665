"""Sends single calls beside a burst of others; bench/fairness.py runs this on a database of its own."""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.db import connection  # noqa: E402 - needs settings, as what follows

from portal.common.errors import Unavailable  # noqa: E402
from recognition import client  # noqa: E402
from recognition.actions import calls  # noqa: E402
from recognition.actions.pictures import Picture  # noqa: E402
from tests.support.calls import asked  # noqa: E402
from tests.support.jobs import ANNA, Desk, new_desk, photo  # noqa: E402
from tests.support.workers import wait_for, workers  # noqa: E402

BURST = 12  # callers of one organization at once; six of their calls wait, and more are told `busy`
A_PHOTO = "0.2"  # seconds of engine: the wait in line is what is measured, not the ruling


def main() -> None:
    """Measure, and print what it took as JSON."""
    rounds = int(sys.argv[1])
    one, many = new_desk("Small House"), new_desk("Large House")
    with workers(dict(os.environ) | {"FAKE_SECONDS": A_PHOTO}):
        wait_for(client.engine_is_live, 120)
        _seconds(one)
        idle = [_seconds(one) for _ in range(rounds)]
        told: Counter[str] = Counter()
        enough = threading.Event()
        with ThreadPoolExecutor(BURST) as pool:
            for _ in range(BURST):
                pool.submit(_send, many, enough, told)
            wait_for(lambda: told["busy"] > BURST, 60)
            busy = [_seconds(one) for _ in range(rounds)]
            enough.set()
    found = {"alone": _summed(idle), f"beside {BURST} callers of another": _summed(busy)}
    print(json.dumps({"calls": found, "burst": told}))


def _detect(desk: Desk) -> None:
    calls.detect(picture=Picture(photo(ANNA)), **asked(desk, "detect"))


def _seconds(desk: Desk) -> float:
    began = time.monotonic()
    _detect(desk)
    return time.monotonic() - began


def _send(desk: Desk, enough: threading.Event, told: Counter[str]) -> None:
    """Send calls one after the other, as a program does that comes again when it is told to."""
    try:
        while not enough.is_set():
            try:
                _detect(desk)
                told["answered"] += 1
            except Unavailable as error:
                told[error.code] += 1
                enough.wait(error.detail["retry_seconds"])
    finally:
        connection.close()


def _summed(seconds: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "worst": round(max(seconds), 2)}


main()
