"""How fast the engine is, against DeepFace called directly, and where its time goes.

All contenders run in one process in interleaved rounds, so that whatever else the machine does falls on all
of them alike; medians over the rounds are printed.
"""

import csv
import io
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from bench import stages
from recognition.engine import registry
from recognition.engine.deepface_backend import DeepFace
from recognition.engine.pipeline import Engine
from recognition.engine.types import Pixels

PRESS_PHOTOS = Path(__file__).parents[2] / "shared" / "data" / "lfw_dev"
NET = "CountenanceDlib"


@dataclass(frozen=True)
class Contender:
    """A way to turn photos into templates, and how many photos a round of it takes."""

    name: str
    photos: int
    run: Callable[[list[bytes]], int]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    photos_per_second: float
    milliseconds_per_photo: float
    times_slower: float


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print the table and return the results."""
    photos = _photos(320)
    contenders = _contenders()
    rows = _rows(contenders, _measure(contenders, photos, rounds))
    parts = stages.measure(photos[:64], rounds)
    _print(rows, parts)
    return {
        "photos": len(photos),
        "press_photos": PRESS_PHOTOS.is_dir(),
        "peak_memory_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "contenders": [asdict(row) for row in rows],
        "milliseconds_per_stage": parts,
    }


def _contenders() -> list[Contender]:
    default, fast = registry.load("default"), registry.load("fast")

    def one_by_one(detector: str) -> Callable[[list[bytes]], int]:
        return lambda photos: sum(_represented(_bgr(photo), detector) for photo in photos)

    def as_list(photos: list[bytes]) -> int:
        return _represented([_bgr(photo) for photo in photos], "countenance")

    return [
        Contender("Countenance, default mode", 192, lambda photos: _recognized(default, photos)),
        Contender("Countenance, fast mode", 192, lambda photos: _recognized(fast, photos)),
        Contender("DeepFace, list, our detector", 32, as_list),
        Contender("DeepFace, one by one, our detector", 32, one_by_one("countenance")),
        Contender("DeepFace, one by one, MTCNN", 12, one_by_one("mtcnn")),
    ]


def _recognized(engine: Engine, photos: list[bytes]) -> int:
    return sum(len(result.usable) for result in engine.run((str(n), data) for n, data in enumerate(photos)))


def _represented(photos: Any, detector: str) -> int:
    return len(DeepFace.represent(photos, model_name=NET, detector_backend=detector, enforce_detection=False))


def _bgr(data: bytes) -> Pixels:
    return np.ascontiguousarray(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[..., ::-1])


def _measure(contenders: list[Contender], photos: list[bytes], rounds: int) -> list[list[float]]:
    """Return milliseconds per photo, one list per round, after one round that is not counted."""
    for contender in contenders:
        contender.run(photos[:8])
    measured = []
    for number in range(rounds):
        measured.append([_timed(contender, photos, number) for contender in contenders])
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return measured


def _timed(contender: Contender, photos: list[bytes], number: int) -> float:
    start = number * contender.photos % len(photos)
    chosen = (photos[start:] + photos)[: contender.photos]
    begun = time.perf_counter()
    contender.run(chosen)
    return (time.perf_counter() - begun) * 1000 / contender.photos


def _rows(contenders: list[Contender], rounds: list[list[float]]) -> list[Row]:
    rows = []
    for place, contender in enumerate(contenders):
        typical = statistics.median(measured[place] for measured in rounds)
        slower = statistics.median(measured[place] / measured[0] for measured in rounds)
        rows.append(Row(contender.name, round(1000 / typical, 1), round(typical, 2), round(slower, 2)))
    return rows


def _photos(count: int) -> list[bytes]:
    """Return press photos of 250 pixels where there are any, else variants of a packaged portrait."""
    table = PRESS_PHOTOS.with_suffix(".csv")
    if not table.is_file():
        return _portraits(count)
    with table.open() as file:
        names = [row["path"] for row in csv.DictReader(file)]
    return [(PRESS_PHOTOS / name).read_bytes() for name in names[:: len(names) // count][:count]]


def _portraits(count: int) -> list[bytes]:
    portrait = Image.fromarray(data.astronaut()).crop((80, 0, 380, 300))
    return [_jpeg(portrait.rotate(number % 21 - 10).resize((250, 250))) for number in range(count)]


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()


def _print(rows: list[Row], parts: dict[str, float]) -> None:
    print(f"\n{'':38}{'photos/s':>10}{'ms/photo':>10}{'times':>8}")
    for row in rows:
        numbers = f"{row.photos_per_second:>10.1f}{row.milliseconds_per_photo:>10.2f}{row.times_slower:>8.2f}"
        print(f"{row.name:38}{numbers}")
    print("\nWhere the time goes, one photo alone in one thread (embedding in batches of 32):")
    for name, milliseconds in parts.items():
        print(f"  {name:36}{milliseconds:>20.2f} ms")
