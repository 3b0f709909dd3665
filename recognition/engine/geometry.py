"""Fitting photos into net inputs, and telling which boxes are the same face."""

from dataclasses import dataclass

import cv2
import numpy as np

from recognition.engine.types import Detections, Float32, Pixels

# Two boxes are one face when they share this much of the smaller: a part of a face lies inside the whole.
_SAME_FACE_OVERLAP = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A photo shrunk or enlarged onto a black rectangle.

    Attributes:
        pixels: Shape (rows, columns, 3), uint8.
        scale: Canvas pixels per photo pixel.
        corner: Where the photo's upper left corner lies on the canvas, (x, y).
    """

    pixels: Pixels
    scale: float
    corner: Float32

    def to_photo(self, places: Float32) -> Float32:
        """Carry canvas coordinates (..., 2) back to the photo."""
        return ((places - self.corner) / self.scale).astype(np.float32)


def letterbox(photo: Pixels, rows: int, columns: int, margin: float = 0.0) -> Canvas:
    """Center a photo on a canvas, with a margin as a share of its size on every side."""
    height, width = photo.shape[:2]
    scale = min(rows / height, columns / width) / (1 + 2 * margin)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Down to half the size, linear interpolation still reads every pixel, in a sixth of the time.
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA if scale <= 0.5 else cv2.INTER_LINEAR)  # noqa: PLR2004
    if size == (columns, rows):
        return Canvas(np.asarray(small, dtype=np.uint8), scale, np.zeros(2, dtype=np.float32))
    left, top = (columns - size[0]) // 2, (rows - size[1]) // 2
    canvas = np.zeros((rows, columns, 3), dtype=np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = small
    return Canvas(canvas, scale, np.array([left, top], dtype=np.float32))


def turned_back(finds: Detections, turns: int, shape: tuple[int, ...]) -> Detections:
    """Carry finds of a photo that was turned to the left by quarters back to the photo as it was.

    Args:
        finds: In pixels of `np.rot90(photo, turns)`.
        turns: Quarter turns, 1 to 3.
        shape: Rows and columns of the photo as it was.
    """
    corners = finds.boxes.reshape(-1, 2, 2)
    places = [_turned_back(part, turns, *shape[:2]) for part in (corners, finds.points)]
    boxes = np.concatenate([places[0].min(axis=1), places[0].max(axis=1)], axis=1)
    return Detections(boxes, places[1], finds.scores)


def _turned_back(places: Float32, turns: int, rows: int, columns: int) -> Float32:
    x, y = places[..., 0], places[..., 1]
    back = {1: (columns - 1 - y, x), 2: (columns - 1 - x, rows - 1 - y), 3: (y, rows - 1 - x)}
    return np.stack(back[turns], axis=-1).astype(np.float32)


def distinct(boxes: Float32, scores: Float32) -> list[int]:
    """Return the indices of the boxes that remain when each face is kept once, best score first.

    Args:
        boxes: Shape (N, 4): left, top, right, bottom.
        scores: Shape (N,).
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    order, kept = np.argsort(-scores, kind="stable"), []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        shared = _shared(boxes[best], boxes[rest]) / np.minimum(areas[best], areas[rest]).clip(1e-6)
        order = rest[shared < _SAME_FACE_OVERLAP]
    return kept


def _shared(box: Float32, others: Float32) -> Float32:
    least = np.maximum(box[:2], others[:, :2])
    most = np.minimum(box[2:], others[:, 2:])
    area: Float32 = (most - least).clip(0).prod(axis=1)
    return area
