"""How fast webhooks go out, and how long one waits beside receivers that hang, on a durable database.

One worker's turn in this process, real HTTP to a receiver in a process of its own. `a second` counts from the
first place in the log that is read to the last answer. `waits` is from a test being asked for to its arrival,
with nothing else to do, and while twenty endpoints hang whose last attempt failed.
"""

import json
from typing import Any

from bench.database import measured


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.deliveries", str(rounds), kind="durable"))
    print("\nWebhooks, medians:")
    for name, value in found.items():
        print(f"  {name:60}{value:>12}")
    return found
