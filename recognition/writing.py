"""Writing a shard's results, in bulk, inside the transaction that `runner` guards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np
from django.db.models import F

from portal.common.envelope import DataKey
from portal.common.ids import uuid7
from recognition import candidates, ends, matrices
from recognition.engine import grades, protect
from recognition.engine.types import Box, DetectedFace, ImageResult, Quality
from recognition.models import (
    Face,
    FoundFace,
    Gallery,
    Item,
    ItemStatus,
    Job,
    JobKind,
    Subject,
)
from recognition.search import Hit

_BULK = 2_000


class EngineLike(Protocol):
    """What the runner needs of an engine."""

    pipeline_id: str

    def run(
        self,
        images: Iterable[tuple[str, Callable[[], bytes]]],
        *,
        between_batches: Callable[[], None] | None = None,
    ) -> Iterator[ImageResult]:
        """Yield one result for each image."""


@dataclass
class Outcome:
    """What the engine found in one item, and the hits of each face by its index."""

    item: Item
    result: ImageResult
    hits: dict[int, list[Hit]] = field(default_factory=dict)
    reason: str = ""  # why nothing was made of what the engine found


def write(
    job: Job,
    gallery: Gallery | None,
    outcomes: list[Outcome],
    key: DataKey,
    pipeline: str,
    *,
    most_faces: int | None = None,
) -> None:
    """Write faces, candidates or enrollments and the state of every item.

    Args:
        job: Whose items.
        gallery: Its gallery, if it has one.
        outcomes: What the engine found, an item each.
        key: The organization's data key.
        pipeline: What the engine looked with.
        most_faces: Most faces the gallery may hold, as the ruling demands; None where nothing does.
    """
    rows = {(o.item.pk, f.index): found_face(o.item, f) for o in outcomes for f in o.result.faces}
    for outcome in outcomes:
        _judge(outcome)
    if job.kind == JobKind.ENROLL and gallery is not None:
        _enroll(gallery, outcomes, rows, key, pipeline, most_faces)
    FoundFace.objects.bulk_create(rows.values(), batch_size=_BULK)
    if job.kind == JobKind.SEARCH and gallery is not None:
        hits = [(rows[o.item.pk, index], own) for o in outcomes for index, own in o.hits.items()]
        candidates.write(gallery, hits)
    ends.end([outcome.item for outcome in outcomes])


def _judge(outcome: Outcome) -> None:
    item, reason = outcome.item, outcome.reason or outcome.result.reason or ""
    item.reason, item.faces = reason, len(outcome.result.faces)
    item.status = ItemStatus.DONE if ends.is_answer(reason) else ItemStatus.FAILED


def found_face(item: Item, face: DetectedFace, *, side: int = 0) -> FoundFace:
    """Return the row of a face in an item's photo; of a pair, in its first (0) or second (1) photo."""
    return FoundFace(
        id=uuid7(),
        organization_id=item.organization_id,
        item=item,
        side=side,
        index=face.index,
        box=box_json(face.box),
        quality=quality_json(face.quality),
        reason=face.reason or "",
    )


def box_json(box: Box) -> dict[str, float]:
    """Return a box for storing, to a tenth of a pixel."""
    return {name: round(getattr(box, name), 1) for name in ("left", "top", "width", "height")}


def quality_json(quality: Quality) -> dict[str, Any]:
    """Return a quality for storing: what was measured, grades of 0 to 100, reasons against comparing."""
    pose = quality.pose
    return {
        "confidence": round(quality.confidence, 3),
        "size_px": round(quality.size_px, 1),
        "sharpness": round(quality.sharpness, 1),
        "brightness": round(quality.brightness, 1),
        "sharpness_grade": grades.sharpness(quality),
        "brightness_grade": grades.brightness(quality),
        "reasons": list(grades.reasons(quality)),
        "pose": {n: round(getattr(pose, n), 1) for n in ("yaw", "pitch", "roll")} if pose else None,
    }


def _enroll(
    gallery: Gallery,
    outcomes: list[Outcome],
    rows: dict[tuple[UUID, int], FoundFace],
    key: DataKey,
    pipeline: str,
    most_faces: int | None,
) -> None:
    locked = Gallery.objects.locked().get(pk=gallery.pk)
    mismatch = ends.MODEL_MISMATCH if locked.pipeline not in ("", pipeline) else ""
    if reason := ends.REEMBEDDING if locked.next_pipeline else mismatch:
        for outcome in outcomes:
            outcome.item.status, outcome.item.reason = ItemStatus.FAILED, reason
        return
    _name_again(outcomes)
    people = Subject.objects.meant_by(locked, {outcome.item.subject_name for outcome in outcomes})
    chosen = _within(_choose(locked, outcomes, rows, people), locked, rows, most_faces)
    subjects = subjects_called(locked, {outcome.item.subject_name for outcome, _ in chosen})
    Face.objects.bulk_create(_faces(locked, chosen, subjects, key, pipeline), batch_size=_BULK)
    Gallery.objects.filter(pk=locked.pk).update(version=F("version") + 1, pipeline=pipeline)


def _name_again(outcomes: list[Outcome]) -> None:
    """Read whom the photos show once more, under the gallery's lock: an erasure takes the name away."""
    keys = [outcome.item.pk for outcome in outcomes]
    names = dict(Item.objects.filter(pk__in=keys).values_list("pk", "subject_name"))
    for outcome in outcomes:
        outcome.item.subject_name = names[outcome.item.pk]


def _choose(
    gallery: Gallery,
    outcomes: list[Outcome],
    rows: dict[tuple[UUID, int], FoundFace],
    people: dict[str, Subject],
) -> list[tuple[Outcome, DetectedFace]]:
    """Take the largest usable face of each photo that is new to the gallery; name all others.

    `people` says whom a name means: one that was merged away is the survivor's.
    """
    digests = [outcome.item.image.sha256 for outcome in outcomes]
    known = Face.objects.filter(gallery=gallery, image__sha256__in=digests)
    seen = set(known.values_list("image__sha256", "subject__name"))
    photos = set(known.values_list("image_id", flat=True))
    chosen = []
    for outcome in outcomes:
        item, usable = outcome.item, outcome.result.usable
        if not usable:
            continue
        identity = (item.image.sha256, str(people.get(item.subject_name, item.subject_name)))
        if not item.subject_name:
            item.reason = ends.ERASED
        elif identity in seen or item.image_id in photos:
            item.reason = ends.DUPLICATE
        else:
            seen.add(identity)
            photos.add(item.image_id)
            chosen.append((outcome, usable[0]))
        others = usable if item.reason else usable[1:]
        for face in others:
            _leave_out(rows[item.pk, face.index], item.reason or ends.OTHER_FACE)
    return chosen


def _leave_out(row: FoundFace, reason: str) -> None:
    row.reason = reason
    if reason == ends.OTHER_FACE:
        row.quality["reasons"].append(grades.EXCEEDS_MAX_FACES)


def _within(
    chosen: list[tuple[Outcome, DetectedFace]],
    gallery: Gallery,
    rows: dict[tuple[UUID, int], FoundFace],
    most_faces: int | None,
) -> list[tuple[Outcome, DetectedFace]]:
    """Leave out what the gallery may not hold any more; the gate counted before other shards wrote."""
    if most_faces is None:
        return chosen
    room = max(most_faces - Face.objects.filter(gallery=gallery).count(), 0)
    for outcome, face in chosen[room:]:
        outcome.item.status, outcome.item.reason = ItemStatus.FAILED, ends.GALLERY_FULL
        rows[outcome.item.pk, face.index].reason = ends.GALLERY_FULL
    return chosen[:room]


def subjects_called(gallery: Gallery, names: set[str]) -> dict[str, Subject]:
    """Return the people that names mean in a gallery, made where they are new. In scope."""
    new = [Subject(organization_id=gallery.organization_id, gallery=gallery, name=name) for name in names]
    Subject.objects.bulk_create(new, ignore_conflicts=True)
    return Subject.objects.meant_by(gallery, names)


def _faces(
    gallery: Gallery,
    chosen: list[tuple[Outcome, DetectedFace]],
    subjects: dict[str, Subject],
    key: DataKey,
    pipeline: str,
) -> list[Face]:
    shown = [
        (face, Face(image=outcome.item.image, subject=subjects[outcome.item.subject_name]))
        for outcome, face in chosen
    ]
    return enrolled(gallery, shown, key, pipeline)


def enrolled(
    gallery: Gallery, shown: Sequence[tuple[DetectedFace, Face]], key: DataKey, pipeline: str
) -> list[Face]:
    """Complete the rows of faces that are to be enrolled, not saved yet. In scope, the gallery locked.

    Args:
        gallery: Where.
        shown: What the engine found, each with a row that knows its photo and subject.
        key: The organization's data key.
        pipeline: What the engine looked with.
    """
    if not shown:
        return []
    plain = np.stack([found.template for found, _ in shown if found.template is not None])
    turn = matrices.turns(gallery, key, plain.shape[1])[gallery.key_version]
    for (found, row), template in zip(shown, protect.rotate(plain, turn), strict=True):
        row.organization_id, row.gallery = gallery.organization_id, gallery
        row.template, row.key_version, row.pipeline = template, gallery.key_version, pipeline
        row.index, row.box, row.quality = found.index, box_json(found.box), quality_json(found.quality)
    return [row for _, row in shown]
