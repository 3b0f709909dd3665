"""Sweeps over organizations that have nothing due; bench/sweeps.py runs this on a database of its own."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

from portal.tenancy.models import Organization  # noqa: E402 - needs settings, as what follows
from recognition.actions import retention  # noqa: E402
from tests.support.jobs import ANNA, new_desk, photo, work_off  # noqa: E402

ORGANIZATIONS, WITH_A_JOB = 1_000, 20


def main() -> None:
    """Measure, and print what it took as JSON."""
    rounds = int(sys.argv[1])
    Organization.objects.bulk_create(
        Organization(name=f"Idle {n}") for n in range(ORGANIZATIONS - WITH_A_JOB)
    )
    for _ in range(WITH_A_JOB):
        new_desk().submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    ways = (retention.sweep, _enter_all)
    for way in ways:
        way()
    asked, entered = zip(*([_milliseconds(way) for way in ways] for _ in range(rounds)), strict=True)
    found = {
        "organizations": ORGANIZATIONS,
        "directory asked": round(statistics.median(asked), 1),
        "every scope entered": round(statistics.median(entered), 1),
        "share": round(statistics.median(a / e for a, e in zip(asked, entered, strict=True)), 3),
    }
    print(json.dumps(found))


def _enter_all() -> int:
    keys = Organization.objects.order_by("pk").values_list("pk", flat=True)
    return sum(len(retention._due(key)) for key in keys)


def _milliseconds(way: Callable[[], int]) -> float:
    begun = time.perf_counter()
    if way():
        raise RuntimeError("Something was due.")
    return (time.perf_counter() - begun) * 1000


main()
