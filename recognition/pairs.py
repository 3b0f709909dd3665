"""Verification, 1:1: the largest usable face of one photo beside that of the other.

Every face of both photos is named and counted. A pair of which one photo has no usable face keeps the reason
of each side and no similarity: nothing was compared, and that is not a "no".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from recognition import ends, writing
from recognition.engine import scale
from recognition.engine.types import ImageResult
from recognition.models import FoundFace, Item, ItemStatus, Job, Verification

_BULK = 2_000
_Faces = Mapping[tuple[UUID, int, int], FoundFace]  # by item, side, index


@dataclass
class Outcome:
    """What the engine found in both photos of a pair; similarity None where nothing was compared."""

    item: Item
    sides: tuple[ImageResult, ImageResult]
    similarity: float | None


def key_of(item: Item, side: int) -> str:
    """Return how the engine knows one photo of a pair."""
    return f"{item.pk}/{side}"


def outcomes(items: Sequence[Item], found: Mapping[str, ImageResult], pipeline: str) -> list[Outcome]:
    """Compare the two photos of every pair.

    Args:
        items: The pairs.
        found: What the engine found, by `key_of`; both photos of every pair.
        pipeline: What it looked with.
    """
    made = []
    for item in items:
        sides = (found[key_of(item, 0)], found[key_of(item, 1)])
        made.append(Outcome(item, sides, similarity(*sides, pipeline=pipeline)))
    return made


def similarity(first: ImageResult, second: ImageResult, *, pipeline: str) -> float | None:
    """Return how alike the largest usable faces of two photos are, 0 to 100; None where one has none."""
    if not first.usable or not second.usable:
        return None
    one, other = first.usable[0].template, second.usable[0].template
    if one is None or other is None:  # `usable` says so already, the type does not
        return None
    distance = float(np.linalg.norm(one - other))
    return round(scale.similarity(distance, pipeline), 3)


def write(job: Job, pairs: Sequence[Outcome]) -> None:
    """Write faces, similarities and the state of every pair, inside the transaction that `runner` guards."""
    faces = {
        (pair.item.pk, side, face.index): writing.found_face(pair.item, face, side=side)
        for pair in pairs
        for side, result in enumerate(pair.sides)
        for face in result.faces
    }
    for pair in pairs:
        _judge(pair)
        _name_others(pair, faces)
    FoundFace.objects.bulk_create(faces.values(), batch_size=_BULK)
    rows = [_verification(job, pair, pair.similarity, faces) for pair in pairs if pair.similarity is not None]
    Verification.objects.bulk_create(rows, batch_size=_BULK)
    ends.end([pair.item for pair in pairs])


def _judge(pair: Outcome) -> None:
    item, (first, second) = pair.item, pair.sides
    item.reason, item.second_reason = first.reason or "", second.reason or ""
    item.faces, item.second_faces = len(first.faces), len(second.faces)
    answered = all(ends.is_answer(reason) for reason in (item.reason, item.second_reason))
    item.status = ItemStatus.DONE if answered else ItemStatus.FAILED


def _name_others(pair: Outcome, faces: _Faces) -> None:
    """Say of usable faces beside the largest that they were not compared."""
    for side, result in enumerate(pair.sides):
        for face in result.usable[1:]:
            faces[pair.item.pk, side, face.index].reason = ends.OTHER_FACE


def _verification(job: Job, pair: Outcome, similarity: float, faces: _Faces) -> Verification:
    first, second = (
        faces[pair.item.pk, side, result.usable[0].index] for side, result in enumerate(pair.sides)
    )
    return Verification(
        organization_id=pair.item.organization_id,
        item=pair.item,
        first=first,
        second=second,
        similarity=similarity,
        threshold=job.threshold,
    )
