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
from bench.contenders import DEFAULT, DEFAULT_NARROW, FAST, FAST_NARROW, Contender, contenders
from bench.stages import Floors

PHOTOS, FLOOR_PHOTOS = 512, 128
EMBEDDINGS = {
    FAST: stages.PLAIN,
    DEFAULT: stages.MIRRORED,
    FAST_NARROW: stages.PLAIN_NARROW,
    DEFAULT_NARROW: stages.MIRRORED_NARROW,
}


@dataclass(frozen=True)
class Round:
    """Milliseconds per photo, of each contender and of each stage alone."""

    contenders: dict[str, float]
    floors: dict[str, float]


@dataclass(frozen=True)
class Row:
    """One line of the table; 0 stands for what was not measured or not set."""

    name: str
    photos_per_second: float
    milliseconds_per_photo: float
    times_slower_than_fast: float
    times_slower_than_fast_in_bfloat16: float
    goal: float


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print the table and return the results."""
    with tempfile.TemporaryDirectory() as folder:
        paths = loads.written(PHOTOS, Path(folder))
        entered, floors = contenders(), Floors()
        measured = _measure(entered, floors, paths, rounds)
    rows = [_row(contender, measured) for contender in entered]
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
        times = {contender.name: _timed(contender, paths, number) for contender in entered}
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


def _row(contender: Contender, measured: list[Round]) -> Row:
    typical = _median(one.contenders[contender.name] for one in measured)
    slower = (_share(measured, contender.name, than) for than in (FAST, FAST_NARROW))
    return Row(contender.name, round(1000 / typical, 1), typical, *slower, contender.goal)


def _share(measured: list[Round], name: str, of: str) -> float:
    """Return how many times the milliseconds of one the other takes; 0 where one of them did not run."""
    if not {name, of} <= measured[0].contenders.keys():
        return 0.0
    return _median(one.contenders[name] / one.contenders[of] for one in measured)


def _shares(measured: list[Round]) -> dict[str, float]:
    """Return how much of its ideal each mode reaches, and of the fast mode's the default ones."""
    own = {f"{name}: of its own ideal": _reached(measured, name, name) for name in EMBEDDINGS}
    of_fast = ((DEFAULT, FAST), (DEFAULT_NARROW, FAST_NARROW))
    fasts = {f"{name}: of the fast mode's": _reached(measured, name, fast) for name, fast in of_fast}
    return {told: share for told, share in (own | fasts).items() if share}


def _reached(measured: list[Round], name: str, whose: str) -> float:
    """Return the share of an ideal that a contender reaches; 0 where it did not run."""
    if name not in measured[0].contenders:
        return 0.0
    embedding = EMBEDDINGS[whose]
    return _median(stages.ideal(one.floors, embedding) / one.contenders[name] for one in measured)


def _median(values: Any) -> float:
    return round(statistics.median(values), 3)


def _print(rows: list[Row], parts: dict[str, float], shares: dict[str, float]) -> None:
    print(
        f"\n{'file in, candidates of 10,000 out':38}{'photos/s':>10}{'ms/photo':>10}"
        f"{'times':>8}{'bfloat16':>10}{'goal':>8}"
    )
    for row in rows:
        print(
            f"{row.name:38}{row.photos_per_second:>10.1f}{row.milliseconds_per_photo:>10.2f}"
            f"{row.times_slower_than_fast:>8.2f}{_told(row.times_slower_than_fast_in_bfloat16):>10}"
            f"{_told(row.goal):>8}"
        )
    print("\nFloors, ms per photo, each stage alone on all processors:")
    for name, milliseconds in parts.items():
        print(f"  {name:66}{milliseconds:>10.2f}")
    print("\nShares:")
    for name, share in shares.items():
        print(f"  {name:66}{share:>10.2f}")


def _told(number: float) -> str:
    return f"{number:.2f}" if number else ""
