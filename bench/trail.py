"""The published log: what a place costs an event, how fast places are given, and what proofs cost.

On a durable database. An event is written in a transaction of its own, in turn with the trigger that puts it
into the queue and without. Proofs are of places drawn at random with a fixed seed, each with its query.
"""

import json
from typing import Any

from bench.database import measured


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.logs", str(rounds), kind="durable"))
    print("\nThe published log, medians:")
    for name, value in found["event"].items():
        print(f"  {name:52}{value:>12}")
    sizes = list(found["sizes"])
    print(f"  {'entries in the log':52}" + "".join(f"{int(size):>12,}" for size in sizes))
    for name in found["sizes"][sizes[0]]:
        print(f"  {name:52}" + "".join(f"{found['sizes'][size][name]:>12,}" for size in sizes))
    return found
