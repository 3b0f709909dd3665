"""How soon a stop counts while a job runs, with a real worker and the real engine on a durable database.

`a moratorium is published`: everything is counted from the commit of the version, as the database recorded
it. `an exemption ends`: from the moment that was written into it. `the next call is refused` is one whole
submission of a photo, from the stop to the refusal in the caller's hands. `the job is held` is the moment
that stands with its hold. Rows written after the stop are counted by the commit times of the database.
"""

import json
from typing import Any

from bench.database import measured


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.stopped", str(rounds), kind="durable"))
    print(f"\nA stop while a job runs, {rounds} times each:")
    print(f"{'':44}{'median':>10}{'worst':>10}")
    for stop, values in found.items():
        print(f"  {stop}")
        for name in ("next call refused, s", "job held, s"):
            print(f"    {name:40}{values[name]['median']:>10.3f}{values[name]['worst']:>10.3f}")
        print(f"    {'rows written before':40}{values['rows before']:>10,}")
        print(f"    {'rows written after':40}{values['rows after']:>10,}")
    return found
