"""Faces that a job found, as pages draw them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.web import sentences
from portal.web.cards import Look, face_url
from recognition.models import FoundFace, Item, JobKind


def face_row(look: Look, found: Item, face: FoundFace, count: int) -> dict[str, Any]:
    """Return one face of a photo as `_components/face_boxes.html` and the list beside it take it.

    Args:
        look: Under which it is shown.
        found: Its item, with its photos.
        face: The face.
        count: Candidates of it that the reader may see.
    """
    number, job = face.index + 1, look.job
    searching = job.kind == JobKind.SEARCH
    usable = not face.reason
    page = reverse("candidates", args=[job.public_id, found.public_id, number])
    box = face.box
    return {
        "number": number,
        "x": box["left"],
        "y": box["top"],
        "width": box["width"],
        "height": box["height"],
        "used": usable,
        "url": page if usable and searching else "",
        "label": sentences.reason(face.reason) or (_count(count) if searching else "a face"),
        "reason": sentences.reason(face.reason),
        "candidates": count,
        "picture": face_url(found.photos[face.side], face.public_id, look.ruling),
        "size_px": round(face.quality.get("size_px") or min(box["width"], box["height"])),
        "sharpness": face.quality.get("sharpness_grade"),
        "brightness": face.quality.get("brightness_grade"),
        "pose": face.quality.get("pose"),
        "against": sentences.against(face.quality) if face.reason else [],
    }


def _count(number: int) -> str:
    return "1 candidate" if number == 1 else f"{number} candidates" if number else "no candidate"
