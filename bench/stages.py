"""The floor of each stage of the engine: what it takes alone, with all processors at its work.

The sum of the floors is the ideal: a pipeline whose stages never wait for each other nor get in each
other's way takes so long for a photo, and no less.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.contenders import NET, searched
from recognition.engine import deepface_backend
from recognition.engine.align import chip
from recognition.engine.decode import decode_photo
from recognition.engine.detect import Detector
from recognition.engine.embed import Embedder
from recognition.engine.narrow import narrowed
from recognition.engine.runtime import computes_bfloat16
from recognition.engine.types import Float32, Found, Pixels

In = TypeVar("In")
Out = TypeVar("Out")

PLAIN, MIRRORED = "embed, plain (fast)", "embed, mirrored (default)"
PLAIN_NARROW, MIRRORED_NARROW = f"{PLAIN}, bfloat16", f"{MIRRORED}, bfloat16"
_TOGETHER = ("read and decode", "detect, with landmarks", "align", "search")


class Floors:
    """Measures the stages apart, over the same photos each round."""

    def __init__(self) -> None:
        """Load what the stages need: a detector for each processor, the net plain, mirrored, in bfloat16."""
        self._threads = os.cpu_count() or 1
        self._detectors = [Detector("fast") for _ in range(self._threads)]
        net = deepface_backend.build(NET).model
        self._embedders = {PLAIN: Embedder(net, mirror=False), MIRRORED: Embedder(net, mirror=True)}
        if computes_bfloat16():
            less = narrowed(net)
            self._embedders[PLAIN_NARROW] = Embedder(less, mirror=False)
            self._embedders[MIRRORED_NARROW] = Embedder(less, mirror=True)
        for embedder in self._embedders.values():
            embedder.warm_up()

    def measure(self, paths: list[Path]) -> dict[str, float]:
        """Return milliseconds per photo by stage, of one round."""
        clock = _Clock(len(paths), self._threads)
        pixels = clock.each("read and decode", lambda path, _: _decoded(path), paths)
        found = clock.each("detect, with landmarks", lambda photo, nth: self._detectors[nth](photo), pixels)
        cut = clock.each("align", lambda pair, _: _chips(*pair), list(zip(pixels, found, strict=True)))
        chips = np.stack([chip for photo in cut for chip in photo])
        for name, embedder in self._embedders.items():
            clock.once(name, lambda embedder=embedder: _embedded(embedder, chips))
        templates = _embedded(self._embedders[PLAIN], chips)
        clock.once("search", lambda: searched(templates))
        return clock.times


def ideal(floors: dict[str, float], embedding: str) -> float:
    """Return the milliseconds per photo of a pipeline that loses nothing, by the name of its last floor."""
    return sum(floors[stage] for stage in (*_TOGETHER, embedding))


class _Clock:
    """Times work over all photos, in milliseconds per photo."""

    def __init__(self, photos: int, threads: int) -> None:
        self.times: dict[str, float] = {}
        self._photos, self._threads = photos, threads

    def each(self, stage: str, work: Callable[[In, int], Out], things: Sequence[In]) -> list[Out]:
        """Do the work for each thing, every thread its share, and note what it took."""
        done: list[list[Out]] = [[] for _ in range(self._threads)]

        def share(nth: int) -> None:
            done[nth] += [work(thing, nth) for thing in things[nth :: self._threads]]

        with ThreadPoolExecutor(self._threads) as pool:
            self.once(stage, lambda: list(pool.map(share, range(self._threads))))
        return [done[nth % self._threads][nth // self._threads] for nth in range(len(things))]

    def once(self, stage: str, work: Callable[[], object]) -> None:
        """Do the work and note what it took."""
        begun = time.perf_counter()
        work()
        self.times[stage] = (time.perf_counter() - begun) * 1000 / self._photos


def _decoded(path: Path) -> Pixels:
    return decode_photo(path.read_bytes(), reduced=True).pixels


def _chips(pixels: Pixels, found: list[Found]) -> list[Pixels]:
    return [chip(pixels, face.landmarks) for face in found]


def _embedded(embedder: Embedder, chips: Pixels) -> Float32:
    size = embedder.batch
    return np.concatenate([embedder(chips[start : start + size]) for start in range(0, len(chips), size)])
