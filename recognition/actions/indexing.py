"""Enrolling one photo at once: the faces that are good enough become faces of the gallery, or none does.

Whom they show may be left open: each then stands for itself until somebody says whom it shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import F, Q

from portal.common.errors import Conflict, InvalidInput
from portal.common.ids import uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from recognition import ends, quotas, storage, writing
from recognition.actions import answers, calls, images, passages
from recognition.actions.answers import Answered, LeftOut
from recognition.actions.orders import LONGEST_SUBJECT, Order
from recognition.actions.passages import Passage
from recognition.actions.pictures import Opened, Picture
from recognition.engine import grades
from recognition.engine.types import DetectedFace
from recognition.models import Face, Gallery, Image, Subject
from recognition.parcels import Answer

MOST_FACES = 100  # of one photo
_NEEDS = (Permission.SUBMIT_JOBS, Permission.UPLOAD)


@dataclass(frozen=True)
class How:
    """How a photo is enrolled.

    Attributes:
        most_faces: At most so many faces of it, the best; 1 to 100.
        bar: Least quality of a face, as `grades.passes` knows it.
        subject: Whom all of them show; empty where nobody is named.
        external_image_id: What the caller calls the photo; under one name a photo is enrolled once.
    """

    most_faces: int = MOST_FACES
    bar: str = "NONE"
    subject: str = ""
    external_image_id: str = ""


def index(*, organization: Organization, order: Order, picture: Picture, how: How, by: Actor) -> Answered:
    """Enroll the faces of a photo, and keep the photo if there is one to enroll.

    Raises:
        InvalidInput: `quality_unknown`, `faces_range`, `subject_too_long`.
        Conflict: `model_mismatch`; `reembedding`, the gallery is on its way to another model.
        Refused: `quota_stored_photos`.
        DomainError: As for `calls.detect`.
    """
    _check(how)
    passage = passages.enter(organization=organization, order=order, photos=1, needs=_NEEDS, by=by)
    with passages.closing(passage):
        photo = calls.opened(passage, picture)
        data = photo.data  # kept if a face is enrolled
        found = calls.ask(passage, [photo])
        image = photo.picture.stored
        if image is None and _good(found, how):
            image = images.keep(organization, picture.name, data, passage.key, by)
        with _going(image if photo.picture.stored is None else None) as written:
            made = passages.answer(passage, lambda passage: _enrolled(passage, found, photo, image, how))
            written.update(face.image_id for face in made.enrolled.values())
        return made


@contextmanager
def _going(image: Image | None) -> Iterator[set[UUID]]:
    """Destroy the bytes of a new photo, unless its row is among those that were written meanwhile."""
    written: set[UUID] = set()
    try:
        yield written
    finally:
        if image is not None and image.pk not in written:
            storage.delete(image.path)


def _check(how: How) -> None:
    calls.require_bar(how.bar)
    if not 1 <= how.most_faces <= MOST_FACES:
        raise InvalidInput("faces_range", f"Between 1 and {MOST_FACES} faces.", field="most_faces")
    if len(how.subject) > LONGEST_SUBJECT:
        sentence = f"The name of a subject has at most {LONGEST_SUBJECT} characters."
        raise InvalidInput("subject_too_long", sentence, field="subject")


def _enrolled(passage: Passage, found: Answer, photo: Opened, image: Image | None, how: How) -> Answered:
    """Write the faces that are new, under the gallery's lock, and name those that are enrolled already."""
    gallery = Gallery.objects.select_for_update().get(pk=passage.gallery.pk)
    _require_fitting(gallery, found.pipeline)
    known = _known(gallery, photo, how)
    chosen, left = _chosen(found, how, known, _room(passage, gallery))
    new = [face for face in chosen if face.index not in known]
    rows = _write(passage, gallery, new, _photo_of(known, image), how, found.pipeline)
    faces = known | {row.index: row for row in rows}
    calls.note(passage, found.photos, left)
    passage.call.enrolled = len(rows)
    enrolled = {face.index: faces[face.index] for face in chosen}
    return Answered(passage.call, passage.ruling, found.photos, left, enrolled=enrolled)


def _require_fitting(gallery: Gallery, pipeline: str) -> None:
    if gallery.next_pipeline:
        raise Conflict(ends.REEMBEDDING, "This gallery is on its way to another model. Enroll afterwards.")
    if gallery.pipeline not in ("", pipeline):
        raise Conflict(ends.MODEL_MISMATCH, "This gallery is pinned to another model than the engine runs.")


def _known(gallery: Gallery, photo: Opened, how: How) -> dict[int, Face]:
    """Return the faces of this photo that are enrolled already under the same name, by index."""
    same = Q(image__sha256=photo.sha256, external_image_id=how.external_image_id)
    if photo.picture.stored is not None:
        same |= Q(image=photo.picture.stored)
    rows = Face.objects.filter(same, gallery=gallery).select_related("image", "subject")
    return {row.index: row for row in rows.defer("template", "next_template").order_by("-pk")}


def _room(passage: Passage, gallery: Gallery) -> int | None:
    """Return how many faces the gallery may still take, where the ruling says how many it may hold."""
    most = passage.ruling.demands.gallery_faces
    return None if most is None else max(most - Face.objects.filter(gallery=gallery).count(), 0)


def _chosen(
    found: Answer, how: How, known: Collection[int], room: int | None
) -> tuple[list[DetectedFace], tuple[LeftOut, ...]]:
    """Return the faces to enroll, largest first, and why each other one is not among them.

    Of more than are wanted the least sharp go first, then the smallest.
    """
    [photo] = found.photos
    best = sorted(_good(found, how), key=lambda face: (-grades.sharpness(face.quality), face.index))
    chosen = best[: how.most_faces]
    new = [face.index for face in chosen if face.index not in known]
    full = set(new[room:]) if room is not None else set()
    kept = sorted((face for face in chosen if face.index not in full), key=lambda face: face.index)
    left = answers.left_out(photo, {face.index for face in kept}, bar=how.bar)
    told = (replace(one, reason=ends.GALLERY_FULL) if one.index in full else one for one in left)
    return kept, tuple(told)


def _good(found: Answer, how: How) -> list[DetectedFace]:
    [photo] = found.photos
    return [face for face in photo.usable if grades.passes(face.quality, how.bar)]


def _photo_of(known: Mapping[int, Face], image: Image | None) -> Image | None:
    """Return the photo that new faces are of: the one that is stored already, where it is the same."""
    return next((face.image for face in known.values()), image)


def _write(
    passage: Passage,
    gallery: Gallery,
    new: Sequence[DetectedFace],
    image: Image | None,
    how: How,
    pipeline: str,
) -> list[Face]:
    if not new or image is None:
        return []
    if not Image.objects.filter(pk=image.pk).exists():
        quotas.require_room_for_photos(1)
        images.write([image], by=passage.by)
    shown = [(face, _row(gallery, image, how)) for face in new]
    subjects = _subjects(passage, gallery, [row for _, row in shown], how)
    for (_, row), subject in zip(shown, subjects, strict=True):
        row.subject = subject
    rows: list[Face] = Face.objects.bulk_create(writing.enrolled(gallery, shown, passage.key, pipeline))
    Gallery.objects.filter(pk=gallery.pk).update(version=F("version") + 1, pipeline=pipeline)
    return rows


def _row(gallery: Gallery, image: Image, how: How) -> Face:
    return Face(id=uuid7(), gallery=gallery, image=image, external_image_id=how.external_image_id)


def _subjects(passage: Passage, gallery: Gallery, rows: Sequence[Face], how: How) -> list[Subject]:
    """Return whom each face shows; one person alone is the person of the case that the call names."""
    if how.subject:
        named = writing.subjects_called(gallery, {how.subject})[how.subject]
        subjects = [named] * len(rows)
    else:
        subjects = Subject.objects.bulk_create([Subject.of_face(gallery, row.pk) for row in rows])
    if passage.call.record is not None and len({subject.pk for subject in subjects}) == 1:
        alone = Subject.objects.standing().filter(pk=subjects[0].pk, record=None)
        alone.update(record=passage.call.record)
    return subjects
