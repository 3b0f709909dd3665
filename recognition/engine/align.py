"""Upright 150-pixel chips from five points of a face."""

import cv2
import numpy as np

from recognition.engine.types import Float32, Pixels

CHIP_SIDE = 150

# OpenCV 5 resamples four channels three times as fast as three, to the same values. Above so many pixels
# adding the fourth costs more than that brings.
_MOST_WIDENED = 300_000

# Mean places of the five mesh points in dlib's chips (its own landmarks, aligned by its own template),
# measured on LFW: eye on the photo's left, other eye, nose tip, mouth corners.
MESH_TEMPLATE = np.array(
    [[47.27, 46.88], [100.48, 46.77], [73.09, 81.57], [51.19, 104.71], [97.26, 104.71]], dtype=np.float32
)


def similarity_transform(source: Float32, target: Float32) -> Float32:
    """Return the rotation, scale and shift that best carry one set of points onto another.

    Least squares after Umeyama (1991), reflections excluded.

    Args:
        source: Shape (N, 2).
        target: Shape (N, 2).

    Returns:
        Matrix of shape (2, 3).

    Raises:
        ValueError: The source points all coincide, or a coordinate is not finite.
    """
    center, aim = source.mean(axis=0), target.mean(axis=0)
    spread = source - center
    variance = float((spread**2).sum())
    if not np.isfinite(variance) or variance <= 0:
        raise ValueError("The points of a face coincide or are not numbers.")
    # In two dimensions the best rotation follows from the summed dot and cross products.
    goal = target - aim
    dot = float((spread * goal).sum()) / variance
    cross = float((spread[:, 0] * goal[:, 1] - spread[:, 1] * goal[:, 0]).sum()) / variance
    linear = np.array([[dot, -cross], [cross, dot]], dtype=np.float64)
    shift = aim - linear @ center
    return np.column_stack([linear, shift]).astype(np.float32)


def chip(pixels: Pixels, landmarks: Float32, template: Float32 = MESH_TEMPLATE) -> Pixels:
    """Cut one face out, upright and at standard size.

    Args:
        pixels: RGB photo, shape (rows, columns, 3).
        landmarks: Shape (5, 2), in pixels of that photo.
        template: Where the points have to lie in the chip, shape (5, 2).

    Returns:
        Shape (150, 150, 3), uint8; black where the photo ends.

    Raises:
        ValueError: The landmarks coincide or are not finite.
    """
    matrix = similarity_transform(landmarks, template)
    return warp(pixels, matrix, CHIP_SIDE)


def chips(pixels: Pixels, landmarks: Float32, template: Float32 = MESH_TEMPLATE) -> Pixels:
    """Cut all faces of one photo out: landmarks (N, 5, 2) to chips (N, 150, 150, 3)."""
    if not len(landmarks):
        return np.empty((0, CHIP_SIDE, CHIP_SIDE, 3), dtype=np.uint8)
    return np.stack([chip(pixels, points, template) for points in landmarks])


def warp(pixels: Pixels, matrix: Float32, side: int) -> Pixels:
    """Resample a photo into a square, without the aliasing that plain bilinear shrinking brings."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    steps = int(np.log2(1 / scale)) if scale < 0.5 else 0  # noqa: PLR2004 - bilinear reads 2 x 2 pixels
    if steps:
        pixels, matrix = _shrunk(pixels, matrix, side, 2**steps)
    if pixels.shape[0] * pixels.shape[1] > _MOST_WIDENED:
        square = cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_LINEAR)
        return np.asarray(square, dtype=np.uint8)
    wide = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)
    square = cv2.warpAffine(wide, matrix, (side, side), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(square, cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def _shrunk(pixels: Pixels, matrix: Float32, side: int, factor: int) -> tuple[Pixels, Float32]:
    """Average blocks of pixels around the face first and adjust the matrix to the smaller photo."""
    rows, columns = pixels.shape[:2]
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]]) @ inverse.T
    left, top = (max(0, int(value)) for value in corners.min(axis=0) - factor)
    right, bottom = (int(value) for value in corners.max(axis=0) + factor)
    crop = pixels[top : min(bottom, rows), left : min(right, columns)]
    if min(crop.shape[:2]) < factor:
        return pixels, matrix
    small = cv2.resize(crop, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), _on_shrunk(matrix, left, top, factor)


def _on_shrunk(matrix: Float32, left: int, top: int, factor: int) -> Float32:
    """Chain the matrix after `full = small * factor + (factor - 1) / 2 + corner` (pixel centers)."""
    inset = (factor - 1) / 2
    chained = matrix.astype(np.float64).copy()
    chained[:, 2] += matrix[:, :2] @ np.array([left + inset, top + inset])
    chained[:, :2] *= factor
    return chained.astype(np.float32)
