"""Which faces each detector finds, how well it places them, and what a photo costs.

Press photos are set into pictures without people at known places, so truth is known to a fraction of a pixel.
YuNet takes part where its file is.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import numpy as np

from bench import scenes
from bench.scenes import Kind, Planted, Scene
from recognition.engine.catalog import DETECTORS, is_here
from recognition.engine.detect import Detector
from recognition.engine.types import Float32, Found

KINDS = (
    *(Kind(f"{px} px", px) for px in (24, 32, 40, 48, 64, 96)),
    Kind("40 px in 1920 x 1080", 40, size=(1920, 1080)),
    *(Kind(f"64 px, leaning {roll}", 64, roll=roll) for roll in (30, 45, 60, 90)),
    Kind("200 px alone, on its head", 200, faces=1, roll=180),
    Kind("48 px, fifth of the light", 48, light=0.2, noise=3),
    Kind("48 px, twelfth of the light", 48, light=0.08, noise=3),
    Kind("40 px, 130 faces", 40, faces=130, reach=1.9),
)
_FACES = 100  # of each kind, about
_TIMED = Kind("timed", 48)
_THREADS = 2
_WRONG = 0.3  # landmarks farther off than this many eye distances are of no use

Row = dict[str, float]


def measure(rounds: int) -> dict[str, Any]:
    """Measure, print the table and return the results."""
    if not scenes.photos():
        print("lfw_dev is not on this machine: nothing to set into scenes.")
        return {"press_photos": False}
    names = [name for name, files in DETECTORS.items() if all(map(is_here, files))]
    contenders = {name: Detector("default", name) for name in names}
    contenders["blazeface, fast mode"] = Detector("fast", "blazeface")
    truth = _Truth(contenders["blazeface"])
    _print_head(list(contenders))
    found = {kind.name: _rows(contenders, kind, truth) for kind in KINDS}
    empty = {name: _found_in_empty(one) for name, one in contenders.items()}
    times = _times(names, rounds)
    _print(empty, times)
    return {"found": found, "found_where_none_is": empty, "milliseconds": times}


class _Truth:
    """Where the landmarks of press photos are, by the mesh at their own size."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._known: dict[int, Float32 | None] = {}

    def of(self, face: Planted) -> Float32 | None:
        """Return a planted face's five points in its scene; None where its press photo has no clear face."""
        key = hash(face.photo.tobytes())
        if key not in self._known:
            middle = [
                one for one in self._detector(face.photo) if one.box[0] < face.photo.shape[1] / 2 < one.box[2]
            ]
            self._known[key] = middle[0].landmarks if middle else None
        points = self._known[key]
        return None if points is None else points @ face.matrix[:, :2].T + face.matrix[:, 2]


def _rows(contenders: dict[str, Detector], kind: Kind, truth: _Truth) -> dict[str, Row]:
    rows = {name: _row(one, kind, truth) for name, one in contenders.items()}
    cells = [
        f"{row['found_percent']:.0f} ({row['landmark_error']:.3f}, {row['wrong_percent']:.0f})"
        for row in rows.values()
    ]
    print(f"{kind.name:30}" + "".join(f"{cell:>26}" for cell in cells), flush=True)
    return rows


def _row(detector: Detector, kind: Kind, truth: _Truth) -> Row:
    made = scenes.scenes(kind, max(_FACES // kind.faces, 1) if kind.faces > 1 else 40)
    planted, found, confirmed, others, errors = 0, 0, 0, 0, []
    for scene in made:
        hits = dict(_hits(detector(scene.pixels), scene))
        planted += len(scene.faces)
        others += len(hits.pop(-1, []))
        found += len(hits)
        confirmed += sum(any(one.mesh_confidence >= 0.9 for one in each) for each in hits.values())
        errors += [
            error for place, each in hits.items() if (error := _error(each[0], truth.of(scene.faces[place])))
        ]
    return {
        "found_percent": round(100 * found / planted, 1),
        "confirmed_percent": round(100 * confirmed / planted, 1),
        "others": others,
        "landmark_error": round(float(np.median(errors)), 3) if errors else 0.0,
        "wrong_percent": round(100 * sum(error > _WRONG for error in errors) / planted, 1),
        "faces": planted,
    }


def _hits(found: list[Found], scene: Scene) -> Iterator[tuple[int, list[Found]]]:
    """Yield each planted face that was found with its finds; at -1 finds of faces nobody planted."""
    by_place: dict[int, list[Found]] = {}
    for one in found:
        by_place.setdefault(_place(one, scene), []).append(one)
    yield from by_place.items()


def _place(one: Found, scene: Scene) -> int:
    middle, side = (one.box[:2] + one.box[2:]) / 2, float((one.box[2:] - one.box[:2]).mean())
    for place, face in enumerate(scene.faces):
        inside = (middle > face.box[:2]).all() and (middle < face.box[2:]).all()
        if inside and 0.5 < side / float(face.box[2] - face.box[0]) < 2:
            return place
    return -1


def _error(one: Found, truth: Float32 | None) -> float | None:
    """Return the mean distance of the five points from where they are, in eye distances."""
    if truth is None:
        return None
    return float(np.linalg.norm(one.landmarks - truth, axis=1).mean() / np.linalg.norm(truth[1] - truth[0]))


def _found_in_empty(detector: Detector) -> int:
    return sum(len(detector(picture)) for picture in scenes.empty(7))


def _times(names: list[str], rounds: int) -> dict[str, Row]:
    """Return medians a photo: alone in one thread, on two threads, and of a picture without a face."""
    pairs = {name: [Detector("default", name) for _ in range(_THREADS)] for name in names}
    photos = [scene.pixels for scene in scenes.scenes(_TIMED, 8)]
    empty = scenes.empty(4)
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name, (one, other) in pairs.items():
            times = (
                _clocked(lambda one=one: [one(photo) for photo in photos[:4]], 4),
                _clocked(lambda both=(one, other): _together(both, photos), len(photos)),
                _clocked(lambda one=one: [one(picture) for picture in empty], len(empty)),
            )
            if number:  # the first round compiles
                taken[name].append(times)
    labels = ("alone", "two_threads", "empty")
    return {
        name: {label: round(statistics.median(t[n] for t in rows), 1) for n, label in enumerate(labels)}
        for name, rows in taken.items()
    }


def _together(detectors: tuple[Detector, Detector], photos: list[Any]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        turns = zip(cycle(range(_THREADS)), photos)
        shares: list[list[Any]] = [[], []]
        for turn, photo in turns:
            shares[turn].append(photo)
        list(
            pool.map(lambda pair: [pair[0](photo) for photo in pair[1]], zip(detectors, shares, strict=True))
        )


def _clocked(work: Callable[[], object], photos: int) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000 / photos


def _print_head(names: list[str]) -> None:
    print("found % (landmark error in eye distances, % with wrong landmarks)")
    print(f"{'':30}" + "".join(f"{name:>26}" for name in names))


def _print(empty: dict[str, int], times: dict[str, Row]) -> None:
    print(f"{'found in 7 empty pictures':30}" + "".join(f"{number:>26}" for number in empty.values()))
    print("\nms a photo of 1280 x 960 with 10 faces of 48 px: alone; on two threads; without a face")
    for name, row in times.items():
        print(f"{name:30}{row['alone']:>8.1f}{row['two_threads']:>8.1f}{row['empty']:>8.1f}")
