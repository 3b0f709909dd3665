"""The REST API over HTTP, as `make run` serves it, with a real engine worker.

| what | how |
|---|---|
| share | `detect/` with a photo in a form, and with a stored one, against the same engine on the same photo in this process, in turn |
| reads | one gallery, read again and again over one connection, as it is and with `If-None-Match` |
"""  # noqa: E501 - a table

import json
from typing import Any

from bench.database import measured

TURNS = 20  # a round
GOALS = {"added": 15, "share": 10}


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.rests", str(rounds * TURNS), kind="durable"))
    print("\nThe REST API, medians:")
    for name, own in found["share"].items():
        print(f"  {name + ', the engine alone':44}{own['engine']:>10.1f} ms")
        print(f"  {name + ', over HTTP':44}{own['call']:>10.1f} ms")
        print(f"  {'  added':44}{own['added']:>10.1f} ms{'goal':>8} {GOALS['added']}")
        print(f"  {'  of the engine':44}{own['percent']:>10.0f} %{'goal':>9} {GOALS['share']}")
        if "interface" in own:
            print(f"  {'  by HTTP and the interface itself':44}{own['interface']:>10.1f} ms")
    for name, own in found["reads"].items():
        print(f"  {name:44}{own['wall']:>10.1f} ms")
    return found
