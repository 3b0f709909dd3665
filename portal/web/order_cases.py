"""The case that a search is ordered for: what its record says already is not asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from compliance.policy.vocabulary import AuthorizationOutcome
from portal.tenancy.roles import Permission
from portal.web import ages, reads
from portal.web.guards import MemberRequest
from recognition.actions import record_photos, records
from recognition.actions.images import Photo
from recognition.details import RecordDetails
from recognition.models import CaseRecord, CaseRecordPhoto, Image, JobKind


@dataclass(frozen=True)
class OrderCase:
    """What an order takes from a case record; nothing where it names none.

    Attributes:
        initial: Fields of the order's form.
        photos: Photos of the record by public id.
        choices: The same, as choices of the form.
    """

    initial: dict[str, Any] = field(default_factory=dict)
    photos: dict[str, Image] = field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()

    def chosen(self, ids: Sequence[str]) -> list[Photo]:
        """Return the photos that were chosen."""
        return [Photo(self.photos[one]) for one in ids]


def named(request: MemberRequest, kind: JobKind) -> OrderCase:
    """Return the case that the address of an order names (`?case=`). In scope.

    Raises:
        NotFound: There is no such record in the member's organization.
    """
    public_id = request.GET.get("case", "")
    if not public_id or kind != JobKind.SEARCH or not request.actor.may(Permission.VIEW_RESULTS):
        return OrderCase()
    record = reads.record(request.actor, public_id)
    known = records.details_of(record)
    rows = CaseRecordPhoto.objects.filter(record=record, image__purged_at=None)
    photos = list(rows.select_related("image", "organization").order_by("pk"))
    return OrderCase(
        initial=_initial(record, known) | {"case_photos": [photo.image.public_id for photo in photos]},
        photos={photo.image.public_id: photo.image for photo in photos},
        choices=tuple((photo.image.public_id, _label(photo, known)) for photo in photos),
    )


def _initial(record: CaseRecord, known: RecordDetails) -> dict[str, Any]:
    own: dict[str, Any] = {"case_reference": record.reference, "requested_by": record.requested_by}
    if known.has_authority and _is_day(known.authority_dated):
        own |= {
            "issuer": known.authority_issuer,
            "reference": known.authority_reference[:100],
            "issued_on": date.fromisoformat(known.authority_dated),
            "outcome": AuthorizationOutcome.GRANTED.value,
        }
    return own


def _is_day(text: str) -> bool:
    return len(text) == len("2019-03-07")


def _label(photo: CaseRecordPhoto, known: RecordDetails) -> str:
    told = ages.of_photo(record_photos.details_of(photo), known.born_span)
    age = f"age: {told['age']}" if told["age"] else ""
    named = photo.image.name or photo.public_id
    flags = ("edited" if photo.edited else "", "age-progressed" if photo.age_progressed else "")
    return ", ".join(filter(None, (named, told["taken"] or "no date", age, *flags)))
