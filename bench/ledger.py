"""What the portal itself costs an item, whatever the size of its job: ruling, claiming, writing, counting.

With an engine that costs nothing, on a durable database. The slope is the cost of an item in the largest job
against that in the smallest. Looks are at a job that is half done.
"""

import json
from typing import Any

from bench.database import measured


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.costs", str(min(rounds, 3)), kind="durable"))
    sizes = list(found)
    print(f"\nWhat a job costs besides the engine, medians of {min(rounds, 3)}:")
    print(f"{'':38}" + "".join(f"{int(size):>12,}" for size in sizes) + f"{'slope':>10}")
    for name in found[sizes[0]]:
        values = [found[size][name] for size in sizes]
        slope = values[-1] / values[0] if values[0] else 0
        print(f"  {name:36}" + "".join(f"{value:>12.3f}" for value in values) + f"{slope:>10.2f}")
    return found
