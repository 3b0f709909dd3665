"""How long a small job of one organization waits while a large one of another runs, on a real worker.

A job of 10 photos is submitted on an idle platform, and again and again while one of 20,000 is worked off by
a fake engine as fast as the real one on two cores. It may take its idle time and one shard more.
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
    return found
