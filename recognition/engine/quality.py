"""What a face's pixels and points say about how well it can be compared."""

import cv2
import numpy as np

from recognition.engine.types import FACE_TOO_SMALL, LOW_QUALITY, Found, Pixels, Quality

# Shorter side of the face box in pixels of the full-resolution photo. Below it the chip is mostly
# interpolation; docs/decisions/0001-engine-pipeline.md has the misses by size.
LEAST_SIZE_PX = 24
LEAST_MESH_CONFIDENCE = 0.9
MOST_YAW_DEGREES = 65.0
LEAST_SHARPNESS = 2.0
BRIGHTNESS_RANGE = (12.0, 245.0)


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


def reason_against(quality: Quality) -> str | None:
    """Return the reason code that keeps a face from being compared, or None when it can be.

    A profile counts as `low_quality`: the mesh does not fit it, and a template would not be reliable.
    """
    if quality.size_px < LEAST_SIZE_PX:
        return FACE_TOO_SMALL
    turned = quality.pose is not None and abs(quality.pose.yaw) > MOST_YAW_DEGREES
    unfit = quality.mesh_confidence < LEAST_MESH_CONFIDENCE or quality.sharpness < LEAST_SHARPNESS
    dark, glaring = BRIGHTNESS_RANGE
    return LOW_QUALITY if turned or unfit or not dark <= quality.brightness <= glaring else None
