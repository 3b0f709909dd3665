"""Faces and users in the words of the service's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

_PERCENT = 100.0


def box_of(box: Mapping[str, float], width: int, height: int) -> dict[str, float]:
    """Return a box as shares of its photo; a face at the edge may begin before it.

    Args:
        box: left, top, width, height in pixels of the upright photo.
        width: Of the photo, in pixels.
        height: Likewise.
    """
    return {
        "Width": round(box["width"] / width, 6),
        "Height": round(box["height"] / height, 6),
        "Left": round(box["left"] / width, 6),
        "Top": round(box["top"] / height, 6),
    }


def face_of(
    *,
    face_id: UUID,
    image_id: UUID,
    box: dict[str, float],
    confidence: float,
    model_version: str,
    external_image_id: str = "",
    user_id: str = "",
) -> dict[str, Any]:
    """Return a stored face.

    Args:
        face_id: Its id.
        image_id: Of its photo.
        box: From `box_of`.
        confidence: That it is a face, 0 to 1.
        model_version: Of the template.
        external_image_id: What the photo was called when it was indexed; nothing where it was not.
        user_id: Whom it shows; nothing where nobody was named.
    """
    found = {
        "FaceId": str(face_id),
        "BoundingBox": box,
        "ImageId": str(image_id),
        "Confidence": round(_PERCENT * confidence, 2),
        "IndexFacesModelVersion": model_version,
    }
    if external_image_id:
        found["ExternalImageId"] = external_image_id
    if user_id:
        found["UserId"] = user_id
    return found
