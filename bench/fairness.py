"""How long a small job of one organization waits while a large one of another runs, on a real worker.

A job of 10 photos is submitted on an idle platform, and again and again while one of 20,000 is worked off by
a fake engine as fast as the real one on two cores. It may take its idle time and one shard more.

And how long one synchronous call waits beside a burst of another organization, on an engine that takes 0.2 s
a photo: its own time, that of the call under way, and that of one call of the other.
"""

import json
from typing import Any

from bench.database import measured


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.fair", str(rounds), kind="durable"))
    print("\nA job of 10 photos, seconds from submission to its end:")
    for name, values in found.items():
        print(f"  {name:44}{values['median']:>10.2f} median{values['worst']:>10.2f} worst")
    found |= json.loads(measured("bench.fair_calls", str(rounds), kind="durable"))
    print("\nA synchronous call, seconds:")
    for name, values in found["calls"].items():
        print(f"  {name:44}{values['median']:>10.2f} median{values['worst']:>10.2f} worst")
    print(f"  the burst was told: {found['burst']}")
    return found
