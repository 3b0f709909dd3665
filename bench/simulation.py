"""How long it takes to make 100,000 rulings of the last 90 days again under another policy version.

Rulings are generated in a real database. `jobs`: each request was ruled on eight times, as a job of a few
shards is. `single`: no two requests are alike, so that nothing is saved.
"""

import json
from typing import Any

from bench.database import measured

RULINGS = 100_000
SHAPES = {"jobs": 8, "single": 1}  # rulings on each request


def measure(_rounds: int) -> dict[str, Any]:
    """Measure each shape once, since it takes long enough to be steady; print and return the results."""
    found: dict[str, Any] = {}
    for shape, times in SHAPES.items():
        found[shape] = json.loads(measured("bench.rulings", str(RULINGS), str(times), kind="durable"))
        _print(shape, found[shape])
    return found


def _print(shape: str, found: dict[str, Any]) -> None:
    print(f"\nSimulation of {RULINGS:,} rulings ({shape}):")
    for name, value in found.items():
        print(f"  {name:40}{value:>12,}")
