"""Results as data: one row an item, with its faces and their candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from portal.common.ids import public_id
from recognition.models import Candidate, CandidateStatus, FoundFace, Item


def describe(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Return items with their faces and candidates as data, in two queries, in the scope in force."""
    faces: dict[UUID, list[FoundFace]] = {}
    for face in FoundFace.objects.filter(item__in=[item.pk for item in items]):
        faces.setdefault(face.item_id, []).append(face)
    candidates: dict[UUID, list[Candidate]] = {}
    found = Candidate.objects.filter(item__in=[item.pk for item in items])
    for candidate in found.select_related("subject").order_by("rank"):
        candidates.setdefault(candidate.found_id, []).append(candidate)
    return [_item_row(item, faces.get(item.pk, []), candidates) for item in items]


def withhold_unreviewed(row: dict[str, Any]) -> dict[str, Any]:
    """Leave candidates that nobody judged out of a row, and count them: only what was judged is handed on."""
    for face in row["faces"]:
        judged = [one for one in face["candidates"] if one["status"] != CandidateStatus.CANDIDATE]
        face["unreviewed"] = len(face["candidates"]) - len(judged)
        face["candidates"] = judged
    return row


def _item_row(item: Item, faces: list[FoundFace], candidates: dict[UUID, list[Candidate]]) -> dict[str, Any]:
    return {
        "id": item.public_id,
        "position": item.position,
        "image": item.image.public_id,
        "name": item.image.name,
        "sha256": item.image.sha256,
        "subject": item.subject_name,
        "status": item.status,
        "reason": item.reason,
        "faces": [
            {
                "index": face.index,
                "box": face.box,
                "quality": face.quality,
                "reason": face.reason,
                "unreviewed": 0,
                "candidates": [_candidate_row(candidate) for candidate in candidates.get(face.pk, [])],
            }
            for face in faces
        ],
    }


def _candidate_row(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": candidate.public_id,
        "rank": candidate.rank,
        "subject": candidate.subject.name,
        "subject_id": candidate.subject.public_id,
        "face": public_id("fac", candidate.face_id),
        "similarity": candidate.similarity,
        "status": candidate.status,
    }
