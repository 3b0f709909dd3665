"""What a sweep of the clock costs where nothing is due: the directory asked, or every scope entered.

Both ways look for the same four things, in turn, on a durable database with a thousand organizations.
"""

import json
from typing import Any

from bench.database import measured


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.idle", str(rounds), kind="durable"))
    print(
        f"\nA sweep over {found['organizations']:,} organizations with nothing due, ms, median of {rounds}:"
    )
    for name in ("directory asked", "every scope entered"):
        print(f"  {name:36}{found[name]:>10.1f}")
    print(f"  {'of it':36}{found['share']:>10.3f}")
    return found
