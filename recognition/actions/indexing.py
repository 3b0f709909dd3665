"""Enrolling one photo at once: the faces that are good enough become faces of the gallery, or none does.

Whom they show may be left open: each then stands for itself until somebody says whom it shows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import F, Q

from portal.common import outages
from portal.common.errors import Conflict, InvalidInput
from portal.common.ids import uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from recognition import ends, quotas, storage, writing
from recognition.actions import answers, calls, images, passages, subjects
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
        subject: Whom the photo shows, a name for a person who may be new: then its largest face alone is
            enrolled, as by a job. Empty where nobody is named.
        external_image_id: What the caller calls the photo; under one name a photo is enrolled once.
    """

    most_faces: int = MOST_FACES
    bar: str = "NONE"
    subject: Subject | str = ""
    external_image_id: str = ""

    @property
    def most(self) -> int:
        """How many faces are wanted: a photo shows a person once, whoever else stands beside them."""
        return 1 if self.subject else self.most_faces


def index(*, organization: Organization, order: Order, picture: Picture, how: How, by: Actor) -> Answered:
    """Enroll the faces of a photo, and keep the photo if there is one to enroll.

    Raises:
        InvalidInput: `quality_unknown`, `faces_range`, `subject_too_long`.
        Conflict: `model_mismatch`; `reembedding`, the gallery is on its way to another model;
            `other_gallery`, `subject_merged`, `subject_unnamed`: nothing is enrolled as theirs;
            `state_changed`, the photo was deleted meanwhile.
        NotFound: They were erased meanwhile.
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
    """Destroy the bytes of a new photo, unless its row is among those that were written meanwhile.

    Where the database went away the row may be there: `leftovers` looks for it later.
    """
    written: set[UUID] = set()
    is_unknown = False
    try:
        yield written
    except Exception as error:
        is_unknown = outages.is_of_database(error)
        raise
    finally:
        if image is not None and image.pk not in written and not is_unknown:
            storage.delete(image.path)


def _check(how: How) -> None:
    calls.require_bar(how.bar)
    if not 1 <= how.most_faces <= MOST_FACES:
        raise InvalidInput("faces_range", f"Between 1 and {MOST_FACES} faces.", field="most_faces")
    if isinstance(how.subject, str) and len(how.subject) > LONGEST_SUBJECT:
        sentence = f"The name of a subject has at most {LONGEST_SUBJECT} characters."
        raise InvalidInput("subject_too_long", sentence, field="subject")


def _enrolled(passage: Passage, found: Answer, photo: Opened, image: Image | None, how: How) -> Answered:
    """Write the faces that are new, under the gallery's lock, and name those that are enrolled already."""
    gallery = Gallery.objects.locked().get(pk=passage.gallery.pk)
    _require_fitting(gallery, found.pipeline)
    whom = _whom(gallery, how)
    known, others = _known(gallery, photo, how, whom), _others(gallery, photo, how, whom)
    chosen, left = _chosen(found, how, known, others, _room(passage, gallery))
    new = [face for face in chosen if face.index not in known]
    rows = _write(passage, gallery, new, _photo_of(known, image), how, found.pipeline, whom)
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


def _whom(gallery: Gallery, how: How) -> Subject | None:
    """Return whom the photo shows, where they are in the gallery already. In scope, the gallery locked."""
    whom: Subject | None
    if isinstance(how.subject, Subject):
        whom = subjects.standing(how.subject)
    else:
        whom = Subject.objects.meant_by(gallery, {how.subject}).get(how.subject) if how.subject else None
    if whom is not None and whom.gallery_id != gallery.pk:
        raise Conflict("other_gallery", "This person is in another gallery.", field="subject")
    if whom is not None and whom.is_unnamed:
        sentence = "This stands for one face that nobody was named for. Rename it, so that it is a person."
        raise Conflict("subject_unnamed", sentence, field="subject")
    return whom


def _known(gallery: Gallery, photo: Opened, how: How, whom: Subject | None) -> dict[int, Face]:
    """Return the faces of this photo that are enrolled already, by index.

    Of a photo of somebody who is named: theirs. Else those under the same name of the photo.
    """
    if how.subject:
        same = Q(image__sha256=photo.sha256, subject=whom)
    else:
        same = Q(image__sha256=photo.sha256, external_image_id=how.external_image_id)
        if photo.picture.stored is not None:
            same |= Q(image=photo.picture.stored)
    rows = Face.objects.filter(same, gallery=gallery).select_related("image", "subject")
    return {row.index: row for row in rows.defer("template", "next_template").order_by("-pk")}


def _others(gallery: Gallery, photo: Opened, how: How, whom: Subject | None) -> set[int]:
    """Return which faces of a stored photo are enrolled as somebody else's than who is named."""
    if not how.subject or photo.picture.stored is None:
        return set()
    rows = Face.objects.filter(gallery=gallery, image=photo.picture.stored).exclude(subject=whom)
    return set(rows.values_list("index", flat=True))


def _room(passage: Passage, gallery: Gallery) -> int | None:
    """Return how many faces the gallery may still take, where the ruling says how many it may hold."""
    most = passage.ruling.demands.gallery_faces
    return None if most is None else max(most - Face.objects.filter(gallery=gallery).count(), 0)


def _chosen(
    found: Answer, how: How, known: Collection[int], others: Collection[int], room: int | None
) -> tuple[list[DetectedFace], tuple[LeftOut, ...]]:
    """Return the faces to enroll, largest first, and why each other one is not among them."""
    [photo] = found.photos
    wanted = _wanted(found, how)
    chosen = [face for face in wanted if face.index not in others]
    new = [face.index for face in chosen if face.index not in known]
    why = {face.index: ends.DUPLICATE for face in wanted if face.index in others}
    why |= dict.fromkeys(new[room:] if room is not None else (), ends.GALLERY_FULL)
    kept = sorted((face for face in chosen if face.index not in why), key=lambda face: face.index)
    left = answers.left_out(photo, {face.index for face in kept}, bar=how.bar)
    return kept, tuple(replace(one, reason=why.get(one.index, one.reason)) for one in left)


def _wanted(found: Answer, how: How) -> list[DetectedFace]:
    """Return the best faces: of who is named the largest; else the least sharp go first, then small ones."""
    good = _good(found, how)
    if not how.subject:
        good.sort(key=lambda face: (-grades.sharpness(face.quality), face.index))
    return good[: how.most]


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
    whom: Subject | None,
) -> list[Face]:
    if not new or image is None:
        return []
    _store(image, passage.by)
    shown = [(face, _row(gallery, image, how)) for face in new]
    people = _people(passage, gallery, [row for _, row in shown], how, whom)
    for (_, row), subject in zip(shown, people, strict=True):
        row.subject = subject
    rows: list[Face] = Face.objects.bulk_create(writing.enrolled(gallery, shown, passage.key, pipeline))
    Gallery.objects.filter(pk=gallery.pk).update(version=F("version") + 1, pipeline=pipeline)
    return rows


def _store(image: Image, by: Actor) -> None:
    """Write the row of a new photo; hold that of an older one against its deletion."""
    row = Image.objects.filter(pk=image.pk).select_for_update(of=("self",), no_key=True).first()
    if row is None:
        quotas.claim_room_for_photos(1)
        images.write([image], by=by)
    elif row.purged_at is not None:
        raise Conflict("state_changed", "This photo was deleted meanwhile, so nothing of it is enrolled.")


def _row(gallery: Gallery, image: Image, how: How) -> Face:
    return Face(id=uuid7(), gallery=gallery, image=image, external_image_id=how.external_image_id)


def _people(
    passage: Passage, gallery: Gallery, rows: Sequence[Face], how: How, whom: Subject | None
) -> list[Subject]:
    """Return whom each face shows; one person alone is the person of the case that the call names."""
    if whom is not None:
        people = [whom] * len(rows)
    elif isinstance(how.subject, str) and how.subject:
        people = [writing.subjects_called(gallery, {how.subject})[how.subject]] * len(rows)
    else:
        people = Subject.objects.bulk_create([Subject.of_face(gallery, row.pk) for row in rows])
    if passage.call.record is not None and len({subject.pk for subject in people}) == 1:
        alone = Subject.objects.standing().filter(pk=people[0].pk, record=None)
        alone.update(record=passage.call.record)
    return people
