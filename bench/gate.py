"""What the gate adds to a request, on real databases: the same request with it and without it, in turn.

The request is a program's read of a job's results over the REST API, which passes the release gate. Without
the gate, an earlier ruling is handed to it. `the gate alone` is its own transaction. The processor's time is
that of this process. `durable` is the embedded cluster as `make run` starts it, each commit on disk before it
counts; `throwaway` is the one that tests use.
"""

import json
from typing import Any

from bench.database import KINDS, measured

TURNS = 100  # a round


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        found[kind] = json.loads(measured("bench.requests", str(rounds * TURNS), kind=kind))
        _print(kind, found[kind])
    return found


def _print(kind: str, found: dict[str, Any]) -> None:
    print(f"\nThe gate on a {kind} database, median milliseconds:")
    print(f"{'':62}{'clock':>10}{'processor':>12}")
    for name, milliseconds in found.items():
        print(f"  {name:60}{milliseconds['wall']:>10.2f}{milliseconds['cpu']:>12.2f}")
