"""Exact search of one gallery: many probes in memory against NumPy, one probe in the database against SQL.

Contenders take turns in one process, on an embedded database of their own, so that whatever else the machine
does falls on all of them alike. Medians; `times` is the median of the ratio within a turn.
"""

import json
from typing import Any

from bench.database import measured

GOALS = {
    "many probes": ("by the gallery in memory", "NumPy: multiply and argpartition", 1.3),
    "one probe": ("by the database", "the SQL alone", 1.3),
}


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print and return the results."""
    found = json.loads(measured("bench.searches", str(rounds), kind="throwaway"))
    for name, (ours, bare, goal) in GOALS.items():
        _print(name, found[name], ours, bare, goal)
    print("\nOnce:")
    for name, value in found["once"].items():
        print(f"  {name:62}{value:>10}")
    return dict(found)


def _print(name: str, found: dict[str, Any], ours: str, bare: str, goal: float) -> None:
    print(f"\n{name.capitalize()}, median milliseconds:")
    for contender, milliseconds in found["milliseconds"].items():
        print(f"  {contender:62}{milliseconds:>10.1f}")
    print(f"  {f'{ours} / {bare}':62}{found['times']:>10.2f}  (goal: at most {goal})")
