"""Milliseconds per photo of each stage of the engine, measured apart."""

import statistics
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from recognition.engine import deepface_backend
from recognition.engine.align import chip
from recognition.engine.decode import decode_photo
from recognition.engine.detect import Detector
from recognition.engine.embed import Embedder
from recognition.engine.geometry import distinct
from recognition.engine.types import Detections, Found, Pixels

In = TypeVar("In")
Out = TypeVar("Out")

MODES = {"embed, mirrored (default)": True, "embed, plain (fast)": False}


def measure(photos: list[bytes], rounds: int) -> dict[str, float]:
    """Return the median milliseconds per photo by stage, of rounds over the same photos."""
    detector, embedders = Detector(), _embedders()
    times = [_round(photos, detector, embedders) for _ in range(rounds)]
    return {stage: round(statistics.median(one[stage] for one in times), 2) for stage in times[0]}


def _embedders() -> dict[str, Embedder]:
    net = deepface_backend.build("CountenanceDlib").model
    embedders = {stage: Embedder(net, mirror=mirror) for stage, mirror in MODES.items()}
    for embedder in embedders.values():
        embedder.warm_up()
    return embedders


def _round(photos: list[bytes], detector: Detector, embedders: dict[str, Embedder]) -> dict[str, float]:
    clock = _Clock(len(photos))
    pixels = clock.each("decode", _decoded, photos)
    finds = clock.each("detect", detector.search, pixels)
    pairs = list(zip(pixels, finds, strict=True))
    faces = clock.each("landmarks (mesh)", lambda pair: _largest(detector, *pair), pairs)
    chips = clock.each(
        "align", lambda pair: chip(pair[0], pair[1].landmarks), zip(pixels, faces, strict=True)
    )
    stacked = np.stack(chips)
    for stage, embedder in embedders.items():
        clock.each(stage, embedder, [stacked])
    return clock.times


class _Clock:
    """Times work over all photos, in milliseconds per photo."""

    def __init__(self, photos: int) -> None:
        self.times: dict[str, float] = {}
        self._photos = photos

    def each(self, stage: str, work: Callable[[In], Out], things: Iterable[In]) -> list[Out]:
        """Do the work for each thing and note what it took."""
        begun = time.perf_counter()
        done = [work(thing) for thing in things]
        self.times[stage] = (time.perf_counter() - begun) * 1000 / self._photos
        return done


def _decoded(data: bytes) -> Pixels:
    return decode_photo(data, reduced=True).pixels


def _largest(detector: Detector, pixels: Pixels, finds: Detections) -> Found:
    return detector.fit(pixels, finds, distinct(finds.boxes, finds.scores)[0], 1.0)
