"""An engine without nets, for tests that are not about recognition.

The person is the photo's mean color: photos of one color are one person, photos of clearly different colors
are strangers. A black photo has no face, a white one only a face that is too small. Reading files, order,
reasons and the call between batches are those of the real engine.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from portal.common.errors import InvalidInput
from recognition.engine.decode import decode
from recognition.engine.pipeline import Source
from recognition.engine.scale import DEFAULT_PIPELINE
from recognition.engine.types import (
    FACE_TOO_SMALL,
    NO_FACE,
    TEMPLATE_DIMENSIONS,
    Box,
    DetectedFace,
    Float32,
    ImageResult,
    Pixels,
    Pose,
    Quality,
)

BATCH = 32
# Seconds a photo, so that a test can catch a worker at work.
PACE = float(os.environ.get("FAKE_SECONDS", "0"))
_COLOR_STEP = 32
_OTHER_PHOTO = 0.1  # distance, about, of two photos of one person


class FakeEngine:
    """Has the interface of `recognition.engine.pipeline.Engine`."""

    pipeline_id = DEFAULT_PIPELINE

    def analyze(self, data: bytes) -> ImageResult:
        """Return the one face of a photo."""
        return _result("", data)

    def run(
        self,
        images: Iterable[tuple[str, Source]],
        between_batches: Callable[[], None] | None = None,
    ) -> Iterator[ImageResult]:
        """Return the faces of many photos, in their order."""
        remaining = iter(images)
        while batch := list(islice(remaining, BATCH)):
            if between_batches is not None:
                between_batches()
            for key, source in batch:
                time.sleep(PACE)
                yield _result(key, source)


def load(mode: str = "default", model: str | None = None, threads: int | None = None) -> FakeEngine:
    """Stand in for `recognition.engine.registry.load`."""
    del mode, model, threads
    return FakeEngine()


def _result(key: str, source: Source) -> ImageResult:
    try:
        pixels = decode(source if isinstance(source, bytes) else source())
    except InvalidInput as error:
        return ImageResult(key, 0, 0, (), error.code)
    height, width = pixels.shape[:2]
    color = tuple(int(value) // _COLOR_STEP for value in pixels.mean(axis=(0, 1)))
    if color == (0, 0, 0):
        return ImageResult(key, width, height, (), NO_FACE)
    reason = FACE_TOO_SMALL if color == (7, 7, 7) else None
    template = None if reason else _template(color, pixels)
    return ImageResult(key, width, height, (_face(width, height, template, reason),), reason)


def _template(color: tuple[int, ...], pixels: Pixels) -> Float32:
    person = _direction(repr(color).encode())
    template = person + _OTHER_PHOTO * _direction(pixels.tobytes())
    return (template / np.linalg.norm(template)).astype(np.float32)


def _direction(seed: bytes) -> Float32:
    number = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big")
    drawn = np.random.default_rng(number).standard_normal(TEMPLATE_DIMENSIONS)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def _face(width: int, height: int, template: Float32 | None, reason: str | None) -> DetectedFace:
    side = 12.0 if reason else min(width, height) / 2
    box = Box((width - side) / 2, (height - side) / 2, side, side)
    points = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.35, 0.75], [0.65, 0.75]], np.float32)
    landmarks = points * side + np.array([box.left, box.top], np.float32)
    quality = Quality(0.99, 0.99, side, Pose(0.0, 0.0, 0.0), 100.0, 120.0)
    return DetectedFace(0, box, landmarks, quality, template, reason)
