"""Runs one job on a fresh worker and reads its peak memory; bench/memory.py runs this."""

import json
import os
import sys
from pathlib import Path

import django

django.setup()

from bench import loads  # noqa: E402 - needs settings, as what follows
from recognition.actions import images  # noqa: E402
from recognition.models import JobStatus  # noqa: E402
from tests.support.jobs import Desk, new_desk  # noqa: E402
from tests.support.workers import REAL, wait_for, workers  # noqa: E402


def main() -> None:
    """Measure, and print the results as JSON."""
    desk = new_desk()
    peaks = {count: _peak(desk, int(count)) for count in sys.argv[1:]}
    small, large = list(peaks.values())
    print(json.dumps({"megabytes": peaks, "times": round(large / small, 3)}))


def _peak(desk: Desk, count: int) -> float:
    files = ((f"{number}.jpg", photo) for number, photo in enumerate(loads.load_set(count)))
    organization = desk.tenant.organization
    received = images.receive(organization=organization, files=files, subject_from="filename", by=desk.by)
    with workers(dict(os.environ), engine=REAL) as engine:
        job = desk.order("detect", received, gallery=None)
        wait_for(lambda: desk.reload(job).status == JobStatus.RELEASED, 600)
        (child,) = engine.children()
        return _megabytes(child.pid)


def _megabytes(pid: int) -> float:
    """Return the most a process ever held in memory, as the kernel counted it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return round(int(peak.split()[1]) / 1000, 1)


main()
