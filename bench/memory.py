"""Peak memory of an engine worker over a job of 1,000 photos and one of 10,000, each with a fresh worker."""

import json
from typing import Any

from bench.database import measured

SMALL, LARGE = 1_000, 10_000


def measure(rounds: int) -> dict[str, Any]:
    """Measure once, print and return the results."""
    del rounds  # a peak is no matter of chance
    found: dict[str, Any] = json.loads(measured("bench.peaks", str(SMALL), str(LARGE), kind="throwaway"))
    print("\nPeak memory of the engine worker's process over a job, MB:")
    for photos, peak in found["megabytes"].items():
        print(f"  {int(photos):>10,} photos{peak:>10,.0f}")
    print(f"  {'times':>17}{found['times']:>10.3f}{'goal':>8} 1.15")
    return found
