"""Measures a face's pixels and points; `recognition.engine.grades` says what the figures mean."""

import cv2
import numpy as np

from recognition.engine.types import Found, Pixels, Quality


def measure(face: Found, chip: Pixels, scale: float) -> Quality:
    """Return a face's measurements.

    Args:
        face: As found, in decoded pixels.
        chip: Its aligned chip, shape (150, 150, 3).
        scale: Full-resolution pixels per decoded pixel.
    """
    gray = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    return Quality(
        confidence=round(face.confidence, 4),
        mesh_confidence=round(face.mesh_confidence, 4),
        size_px=round(float((face.box[2:] - face.box[:2]).min()) * scale, 1),
        pose=face.pose,
        sharpness=round(float(cv2.Laplacian(gray, cv2.CV_32F).var()), 1),
        brightness=round(float(np.mean(gray)), 1),
    )
