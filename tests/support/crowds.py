"""A photo of several people, and an engine without nets that finds them: one face a stripe of one color.

Wider stripes are larger faces. A black stripe is nobody, a white one a face that is too small to compare.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from PIL import Image as Pictures

from recognition.engine.decode import decode
from recognition.engine.pipeline import Source
from recognition.engine.types import FACE_TOO_SMALL, NO_FACE, Box, DetectedFace, ImageResult, Pose, Quality
from tests.support.fake_engine import FakeEngine, _template

_numbers = itertools.count()
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
_HEIGHT, _STEP = 120, 32


def crowd(*people: tuple[tuple[int, int, int], int]) -> bytes:
    """A photo of people, each a color and a width in pixels, with bytes of its own."""
    photo = Pictures.new("RGB", (sum(width for _, width in people), _HEIGHT))
    left, number = 0, next(_numbers)
    for color, width in people:
        photo.paste(color, (left, 0, left + width, _HEIGHT))
        left += width
    for bit in range(16):
        photo.putpixel((bit, 0), WHITE if number >> bit & 1 else BLACK)
    buffer = io.BytesIO()
    photo.save(buffer, "PNG")
    return buffer.getvalue()


class CrowdEngine(FakeEngine):
    """Finds a face in each stripe, largest first."""

    def run(
        self, images: Iterable[tuple[str, Source]], between_batches: Callable[[], None] | None = None
    ) -> Iterator[ImageResult]:
        for key, source in images:
            yield _seen(key, decode(source if isinstance(source, bytes) else source()))


def _seen(key: str, pixels: Any) -> ImageResult:
    height, width = pixels.shape[:2]
    row = [tuple(int(value) // _STEP for value in pixel) for pixel in pixels[height // 2]]
    stripes, left = [], 0
    for color, run in itertools.groupby(row):
        size = len(list(run))
        if color != (0, 0, 0):
            stripes.append((color, left, size))
        left += size
    stripes.sort(key=lambda stripe: (-stripe[2], stripe[1]))
    faces = tuple(_face(index, *stripe, pixels) for index, stripe in enumerate(stripes))
    usable = any(face.reason is None for face in faces)
    return ImageResult(key, width, height, faces, None if usable else (FACE_TOO_SMALL if faces else NO_FACE))


def _face(index: int, color: tuple[int, ...], left: int, size: int, pixels: Any) -> DetectedFace:
    small = color == (7, 7, 7)
    box = Box(float(left), 10.0, float(size), float(size))
    points = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.35, 0.75], [0.65, 0.75]], np.float32)
    quality = Quality(0.99, 0.99, 12.0 if small else float(size), Pose(0.0, 0.0, 0.0), 100.0, 120.0)
    template = None if small else _template(color, pixels)
    landmarks = points * size + np.array([box.left, box.top], np.float32)
    return DetectedFace(index, box, landmarks, quality, template, FACE_TOO_SMALL if small else None)
