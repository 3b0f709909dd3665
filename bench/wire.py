"""The Rekognition interface over HTTP, as `make run` serves it, with a real engine worker.

| what | how |
|---|---|
| signature | one check of a call of boto3's form, in this process, without database |
| share | DetectFaces, signed before, against the same engine on the same photo in this process, in turn |
| lists | ListFaces of 20 out of 100 faces, 100 calls a second for ten seconds, timed from when each was due |
| memory | 20 clients at once, each comparing two photos of 5 MiB; the most a web process ever held |
"""

import json
from typing import Any

from bench.database import measured

TURNS = 20  # a round
CLIENTS = 20
GOALS = {"check": 300, "added": 15, "share": 10, "p99": 100, "megabytes": 350}


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found: dict[str, Any] = json.loads(measured("bench.wires", str(rounds * TURNS), kind="durable"))
    print("\nThe Rekognition interface, medians:")
    print(f"  {'a signature, checked':44}{found['check']['wall']:>10.0f} µs{'goal':>8} {GOALS['check']}")
    for name, own in found["share"].items():
        print(f"  {name + ', the engine alone':44}{own['engine']:>10.1f} ms")
        print(f"  {name + ', over HTTP':44}{own['call']:>10.1f} ms")
        print(f"  {'  added':44}{own['added']:>10.1f} ms{'goal':>8} {GOALS['added']}")
        print(f"  {'  of the engine':44}{own['percent']:>10.0f} %{'goal':>9} {GOALS['share']}")
    lists, memory = found["lists"], found["memory"]
    print(f"  {'ListFaces, calls a second':44}{lists['rate']:>10.1f}")
    print(f"  {'  median, and worst':44}{lists['p50']:>10.1f} ms{lists['worst']:>8.1f} ms")
    print(f"  {'  99 of 100 within':44}{lists['p99']:>10.1f} ms{'goal':>8} {GOALS['p99']}")
    print(f"  {CLIENTS} comparisons of 5 MiB photos at once: {memory['answers']}")
    most = memory["megabytes"]
    print(f"  {'  a web process held at most':44}{most:>10.0f} MB{'goal':>8} {GOALS['megabytes']}")
    return found
