"""What the calendar says about candidates: the dates of both photos, the ages in them, the years between.

A photo's date stands in a case record, or in the manifest that it came with. That of a record is looked up by
what the photo is, not by its row: the same file, uploaded again for a search, was not taken on another day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from compliance.policy.vocabulary import PEOPLE_FINDING, Purpose, SubjectClass
from portal.common.envelope import DataKey
from portal.tenancy import secrets
from recognition import details
from recognition.ages import Comparison, Pictured, Span, span
from recognition.details import PhotoDetails, RecordDetails
from recognition.models import (
    Call,
    Candidate,
    CaseRecord,
    CaseRecordPhoto,
    Face,
    Image,
    Item,
    Job,
    Subject,
)

OF_CHILDREN = frozenset({Purpose.FIND_MISSING_CHILD, Purpose.CSAM_VICTIM_IDENTIFICATION})
RELATED = ("face__image", "item__image", "subject__record")  # of candidates, for `select_related`


def of_candidates(job: Job, candidates: Sequence[Candidate]) -> dict[UUID, Comparison]:
    """Return each candidate's comparison by its id, in the scope in force; none where nobody is looked for.

    Args:
        job: Whose candidates.
        candidates: Read with `RELATED`.
    """
    if job.purpose not in PEOPLE_FINDING or not candidates:
        return {}
    images = {image.pk: image for one in candidates for image in (one.item.image, one.face.image)}
    calendar = _Calendar(job, images.values())
    return {one.pk: calendar.compare(one) for one in candidates}


def of_pairs(job: Job, items: Sequence[Item]) -> dict[UUID, Comparison]:
    """Return what the calendar says about each pair, by its item; none where nobody is sought. In scope."""
    if job.purpose not in PEOPLE_FINDING or not items:
        return {}
    calendar = _Calendar(job, [image for item in items for image in item.photos])
    return {item.pk: calendar.compare_pair(item) for item in items}


def of_faces(call: Call, shown: Sequence[tuple[Image, Face]]) -> list[Comparison | None]:
    """Return what the calendar says about photos beside enrolled faces, each in its place. In scope.

    Args:
        call: Of whom.
        shown: Photos, stored or not, each with a face that was read with its image and its subject's record.
    """
    if call.purpose not in PEOPLE_FINDING or not shown:
        return [None] * len(shown)
    calendar = _Calendar(call, [image for photo, face in shown for image in (photo, face.image)])
    return [calendar.compare_face(photo, face, face.subject) for photo, face in shown]


def of_photos(call: Call, first: Image, second: Image) -> Comparison | None:
    """Return what the calendar says about two photos, stored or not; None where nobody is sought."""
    if call.purpose not in PEOPLE_FINDING:
        return None
    return _Calendar(call, [first, second]).compare_photos(first, second)


class _Calendar:
    """The dates that records hold about some photos, opened once."""

    def __init__(self, job: Job | Call, images: Iterable[Image]) -> None:
        self.key: DataKey = secrets.data_key(job.organization_id)
        self.record: CaseRecord | None = job.record
        self.of_a_child = is_of_a_child(job)
        digests = {image.sha256 for image in images}
        rows = CaseRecordPhoto.objects.filter(image__sha256__in=digests).select_related("image", "record")
        self.photos: dict[str, list[CaseRecordPhoto]] = {}
        for row in rows.order_by("pk"):
            self.photos.setdefault(row.image.sha256, []).append(row)
        self._born: dict[UUID, Span | None] = {}

    def compare(self, candidate: Candidate) -> Comparison:
        return self.compare_face(candidate.item.image, candidate.face, candidate.subject)

    def compare_face(self, photo: Image, face: Face, subject: Subject) -> Comparison:
        probe = self._photo(photo, self.record)
        enrolled = self._photo(face.image, subject.record)
        searched = self.born(self.record or (probe.record if probe else None))
        known = self.born(subject.record or (enrolled.record if enrolled else None))
        # The question is whether both are one person: whose birth is not known is reckoned with the other's.
        return Comparison(
            self._pictured(photo, probe, searched or known),
            self._pictured(face.image, enrolled, known or searched),
            of_a_child=self.of_a_child,
        )

    def compare_pair(self, item: Item) -> Comparison:
        return self.compare_photos(item.photos[0], item.photos[1])

    def compare_photos(self, *photos: Image) -> Comparison:
        first, second = (self._photo(image, self.record) for image in photos)
        one = self.born(self.record or (first.record if first else None))
        other = self.born(self.record or (second.record if second else None))
        return Comparison(
            self._pictured(photos[0], first, one or other),
            self._pictured(photos[1], second, other or one),
            of_a_child=self.of_a_child,
            names=("first", "second"),
        )

    def born(self, record: CaseRecord | None) -> Span | None:
        if record is None:
            return None
        if record.pk not in self._born:
            opened = details.opened(RecordDetails, record.details, owner=record.pk, key=self.key)
            self._born[record.pk] = opened.born_span
        return self._born[record.pk]

    def _photo(self, image: Image, record: CaseRecord | None) -> CaseRecordPhoto | None:
        """Return what is known of a photo, from the record that is meant where several hold it."""
        rows = self.photos.get(image.sha256, [])
        own = [row for row in rows if record is not None and row.record_id == record.pk]
        return next(iter([*own, *rows]), None)

    def _pictured(self, image: Image, photo: CaseRecordPhoto | None, born: Span | None) -> Pictured:
        if photo is None:
            return Pictured(span(image.taken) if image.taken else None, born)
        known = details.opened(PhotoDetails, photo.details, owner=photo.pk, key=self.key)
        return Pictured(known.taken_span, born, photo.edited, photo.age_progressed)


def is_of_a_child(job: Job | Call) -> bool:
    """Whether a child is looked for, by purpose or as declared."""
    return job.purpose in OF_CHILDREN or job.facts.get("subject_class") == SubjectClass.MISSING_CHILD
