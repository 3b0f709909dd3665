"""Which squares of a photo the detectors look at, and which of their finds to keep."""

from dataclasses import dataclass

import cv2
import numpy as np

from recognition.engine.types import Float32, Pixels

# Two boxes are one face when they share this much of the smaller: a part of a face lies inside the whole.
_SAME_FACE_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Window:
    """A square of the photo, in its pixels. It may reach past the edges, where it is black."""

    left: int
    top: int
    side: int


def whole(width: int, height: int, margin: float = 0.0) -> Window:
    """Return the square around the whole photo, with a margin as a share of its longer side."""
    side = round(max(width, height) * (1 + 2 * margin))
    return Window((width - side) // 2, (height - side) // 2, side)


def tiles(width: int, height: int, side: int, overlap: float) -> list[Window]:
    """Cover the photo with squares that overlap by at least the given share of their side."""
    if max(width, height) <= side:
        return []
    columns, rows = (_starts(length, side, overlap) for length in (width, height))
    return [Window(left, top, side) for top in rows for left in columns]


def _starts(length: int, side: int, overlap: float) -> list[int]:
    if length <= side:
        return [(length - side) // 2]
    count = int(np.ceil((length - side) / (side * (1 - overlap)))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def cut(pixels: Pixels, window: Window, side: int) -> Pixels:
    """Return the window's pixels, resized to (side, side, 3)."""
    rows, columns = pixels.shape[:2]
    left, top = max(0, window.left), max(0, window.top)
    right, bottom = min(columns, window.left + window.side), min(rows, window.top + window.side)
    scale = side / window.side
    inner = pixels[top:bottom, left:right]
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    small = cv2.resize(inner, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (min(round(offset * scale), side - 1) for offset in (left - window.left, top - window.top))
    canvas = np.zeros((side, side, 3), dtype=np.uint8)
    canvas[y : y + size[1], x : x + size[0]] = small[: side - y, : side - x]
    return canvas


def uncut(boxes: Float32, window: Window, width: int, height: int) -> np.ndarray:
    """Say which boxes end inside the window, or where the photo itself ends.

    A face cut by a tile's edge is found whole in the neighbor or at a coarser level.

    Args:
        boxes: Shape (N, 4): left, top, right, bottom, in pixels of the photo.
        window: The tile they were found in.
        width: Of the photo, pixels.
        height: Of the photo, pixels.
    """
    right, bottom = window.left + window.side, window.top + window.side
    kept = (boxes[:, 0] >= window.left) | (window.left <= 0)
    kept &= (boxes[:, 1] >= window.top) | (window.top <= 0)
    kept &= (boxes[:, 2] <= right) | (right >= width)
    return kept & ((boxes[:, 3] <= bottom) | (bottom >= height))


def distinct(boxes: Float32, scores: Float32) -> list[int]:
    """Return the indices of the boxes that remain when each face is kept once, best score first."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order, kept = list(np.argsort(-scores, kind="stable")), []
    while order:
        best, rest = order[0], np.array(order[1:], dtype=int)
        kept.append(int(best))
        shared = _shared(boxes[best], boxes[rest]) / np.minimum(areas[best], areas[rest]).clip(1e-6)
        order = list(rest[shared < _SAME_FACE_OVERLAP])
    return kept


def _shared(box: Float32, others: Float32) -> Float32:
    least = np.maximum(box[:2], others[:, :2])
    most = np.minimum(box[2:], others[:, 2:])
    return (most - least).clip(0).prod(axis=1)
