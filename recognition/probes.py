"""A search for a subject: the faces enrolled of one person are the probes, as they are stored.

No photo is looked at: templates are turned back from their gallery's rotation and compared. So nobody else in
a photo is searched for, and the result is that of the template that others are compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np

from portal.common.envelope import DataKey
from portal.common.errors import InvalidInput
from portal.common.ids import uuid7
from recognition import candidates, ends, matrices, search
from recognition.engine import protect
from recognition.engine.types import Float32
from recognition.models import Face, FoundFace, Gallery, Item, ItemStatus, Job, Subject
from recognition.search import Hit

_BULK = 2_000


@dataclass
class Outcome:
    """What one face of the subject came to; `reason` says why it was not searched for."""

    item: Item
    face: Face | None
    hits: list[Hit] = field(default_factory=list)
    reason: str = ""


def outcomes(job: Job, gallery: Gallery, items: Sequence[Item], key: DataKey) -> list[Outcome]:
    """Search a gallery for faces of the job's subject, in the scope in force.

    The subject's own faces are never among the hits, and take nobody's place among the best.
    """
    whom = whom_of(job)
    faces = Face.objects.select_related("gallery").in_bulk([item.probe_id for item in items if item.probe_id])
    made = [_outcome(item, faces, whom, gallery) for item in items]
    searched = [(one, one.face) for one in made if one.face is not None and not one.reason]
    if searched and whom is not None:
        own = set(Face.objects.filter(subject=whom, gallery=gallery).values_list("pk", flat=True))
        probes = templates([face for _, face in searched], key)
        most = job.max_candidates + len(own)
        try:
            found = search.find(gallery, key, probes, threshold=job.threshold, most=most)
        except InvalidInput as error:  # the pipeline was never calibrated: no similarity can be said
            return [replace(one, reason=one.reason or error.code) for one in made]
        for (one, _), hits in zip(searched, found, strict=True):
            one.hits = [hit for hit in hits if hit.face_id not in own][: job.max_candidates]
    return made


def whom_of(job: Job) -> Subject | None:
    """Return whom a job searches for: the survivor of a merge since; None once they were erased. In scope."""
    if job.subject_id is None:
        return None
    subject = Subject.objects.select_related("merged_into").get(pk=job.subject_id)
    return subject.merged_into or subject


def write(job: Job, gallery: Gallery, made: Sequence[Outcome]) -> None:
    """Write faces, candidates and the state of every item, inside the transaction that `runner` guards.

    Whose each face is, is read again under the locks of both galleries: nobody is searched for with a face
    that was erased or moved meanwhile, and no candidate is the person themselves.
    """
    whom = _locked_whom(job, gallery)
    probed = [one.item.probe_id for one in made if one.item.probe_id]
    now = dict(Face.objects.filter(pk__in=probed).values_list("pk", "subject_id"))
    found: list[tuple[FoundFace, list[Hit]]] = []
    for one in made:
        one.reason = one.reason or _reason(now.get(one.face.pk) if one.face else None, whom)
        if one.face is not None and not one.reason:
            found.append((_found(one.item, one.face), one.hits))
        _judge(one)
    FoundFace.objects.bulk_create([row for row, _ in found], batch_size=_BULK)
    candidates.write(gallery, found, besides=whom)
    ends.end([one.item for one in made])


def _outcome(item: Item, faces: Mapping[UUID, Face], whom: Subject | None, gallery: Gallery) -> Outcome:
    face = faces.get(item.probe_id) if item.probe_id else None
    reason = _reason(face.subject_id if face else None, whom)
    if face is not None and not reason and gallery.pipeline not in ("", face.pipeline):
        reason = ends.MODEL_MISMATCH  # templates of two models say nothing about each other
    return Outcome(item, face, reason=reason)


def _reason(owner: UUID | None, whom: Subject | None) -> str:
    if owner is None or whom is None:
        return ends.ERASED
    return "" if owner == whom.pk else ends.OTHER_PERSON


def templates(faces: Sequence[Face], key: DataKey) -> Float32:
    """Return the templates of enrolled faces as the engine made them, shape (N, D). In scope.

    Args:
        faces: Read with their gallery.
        key: The organization's data key.
    """
    stored = np.stack([np.asarray(face.template, dtype=np.float32) for face in faces])
    turns = {face.gallery_id: face.gallery for face in faces}
    turned = {pk: matrices.turns(gallery, key, stored.shape[1]) for pk, gallery in turns.items()}
    rows = zip(faces, stored[:, np.newaxis], strict=True)
    back = [protect.rotate(row, turned[face.gallery_id][face.key_version].T) for face, row in rows]
    return np.concatenate(back).astype(np.float32)


def _locked_whom(job: Job, gallery: Gallery) -> Subject | None:
    """Lock the galleries of both sides, in one order for all, and return whom the job searches for."""
    whom = whom_of(job)
    keys = {gallery.pk} | ({whom.gallery_id} if whom else set())
    list(Gallery.objects.locked().filter(pk__in=keys).order_by("pk"))
    return whom_of(job)


def _found(item: Item, face: Face) -> FoundFace:
    return FoundFace(
        id=uuid7(),
        organization_id=item.organization_id,
        item=item,
        index=face.index,
        box=face.box,
        quality=face.quality,
    )


def _judge(one: Outcome) -> None:
    item = one.item
    item.reason, item.faces = one.reason, 0 if one.reason else 1
    item.status = ItemStatus.DONE if ends.is_answer(one.reason) else ItemStatus.FAILED
