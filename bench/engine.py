"""How fast the engine is, file in to candidates out, against DeepFace and dlib, and against its own floor.

All contenders and the floors of the stages run in one process in interleaved rounds, so that whatever else
the machine does falls on all of them alike; medians over the rounds, and medians of the ratios of a round.
"""

import resource
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import loads, stages
from bench.contenders import Contender, contenders
from bench.stages import Floors

PHOTOS, FLOOR_PHOTOS = 512, 128
FAST, DEFAULT = 0, 1  # places in the list of contenders


@dataclass(frozen=True)
class Round:
    """Milliseconds per photo, of each contender and of each stage alone."""

    contenders: list[float]
    floors: dict[str, float]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    photos_per_second: float
    milliseconds_per_photo: float
    times_slower_than_fast: float
    goal: float


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print the table and return the results."""
    with tempfile.TemporaryDirectory() as folder:
        paths = loads.written(PHOTOS, Path(folder))
        entered, floors = contenders(), Floors()
        measured = _measure(entered, floors, paths, rounds)
    rows = [_row(contender, place, measured) for place, contender in enumerate(entered)]
    parts = {stage: _median(one.floors[stage] for one in measured) for stage in measured[0].floors}
    shares = _shares(measured)
    _print(rows, parts, shares)
    return {
        "photos": PHOTOS,
        "press_photos": loads.PRESS_PHOTOS.is_dir(),
        "peak_memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "contenders": [asdict(row) for row in rows],
        "milliseconds_per_stage": parts,
        "shares": shares,
    }


def _measure(entered: list[Contender], floors: Floors, paths: list[Path], rounds: int) -> list[Round]:
    """Measure after one short round that is not counted."""
    for contender in entered:
        contender.run(paths[:8])
    floors.measure(paths[:16])
    measured = []
    for number in range(rounds):
        times = [_timed(contender, paths, number) for contender in entered]
        measured.append(Round(times, floors.measure(_chosen(paths, number, FLOOR_PHOTOS))))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return measured


def _timed(contender: Contender, paths: list[Path], number: int) -> float:
    chosen = _chosen(paths, number, contender.photos)
    begun = time.perf_counter()
    contender.run(chosen)
    return (time.perf_counter() - begun) * 1000 / contender.photos


def _chosen(paths: list[Path], number: int, count: int) -> list[Path]:
    start = number * count % len(paths)
    return (paths[start:] + paths)[:count]


def _row(contender: Contender, place: int, measured: list[Round]) -> Row:
    typical = _median(one.contenders[place] for one in measured)
    slower = _median(one.contenders[place] / one.contenders[FAST] for one in measured)
    return Row(contender.name, round(1000 / typical, 1), typical, slower, contender.goal)


def _shares(measured: list[Round]) -> dict[str, float]:
    """Return how much of the ideal each mode reaches, and of the fast mode the default one."""
    ideals = [(stages.ideal(one.floors), stages.ideal(one.floors, mirror=True)) for one in measured]
    pairs = list(zip(measured, ideals, strict=True))
    return {
        "fast mode, of its ideal": _median(ideal[0] / one.contenders[FAST] for one, ideal in pairs),
        "default mode, of its own ideal": _median(ideal[1] / one.contenders[DEFAULT] for one, ideal in pairs),
        "default mode, of the fast mode's ideal": _median(
            ideal[0] / one.contenders[DEFAULT] for one, ideal in pairs
        ),
        "default mode, of the fast mode": _median(
            one.contenders[FAST] / one.contenders[DEFAULT] for one in measured
        ),
    }


def _median(values: Any) -> float:
    return round(statistics.median(values), 3)


def _print(rows: list[Row], parts: dict[str, float], shares: dict[str, float]) -> None:
    print(
        f"\n{'file in, candidates of 10,000 out':38}{'photos/s':>10}{'ms/photo':>10}{'times':>8}{'goal':>8}"
    )
    for row in rows:
        numbers = f"{row.photos_per_second:>10.1f}{row.milliseconds_per_photo:>10.2f}"
        goal = f"{row.goal:>8.1f}" if row.goal else ""
        print(f"{row.name:38}{numbers}{row.times_slower_than_fast:>8.2f}{goal}")
    print("\nFloors, ms per photo, each stage alone on all processors:")
    for name, milliseconds in parts.items():
        print(f"  {name:46}{milliseconds:>10.2f}")
    print("\nShares:")
    for name, share in shares.items():
        print(f"  {name:46}{share:>10.2f}")
