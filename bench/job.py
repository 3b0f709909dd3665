"""A job through the portal, submit to last result, against the bare pipeline over the same photos.

The job searches a gallery of some hundred faces, on a durable database, with a worker of its own process.
The bare pipeline runs in the process that measures, while the worker idles. Both take turns.
"""

import json
from typing import Any

from bench.database import measured

PHOTOS = 5_000
MOST_ROUNDS = 2  # a round takes minutes


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    words = (str(PHOTOS), str(min(rounds, MOST_ROUNDS)))
    found: dict[str, Any] = json.loads(measured("bench.jobs", *words, kind="durable"))
    print(f"\nA search of {found['photos']:,} photos, default mode, median of {found['rounds']}:")
    for name in ("bare pipeline", "job through the portal"):
        print(f"  {name:36}{found[name]:>10.1f} photos/s")
    print(f"  {'of the bare pipeline':36}{found['share']:>10.2f}{'goal':>8} 0.85")
    print(f"  {'one shard, from lease to result':36}{found['shard seconds']:>10.2f} s")
    return found
