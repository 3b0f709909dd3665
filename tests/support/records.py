"""Case records for tests, and what is known in them."""

from __future__ import annotations

import itertools
from typing import Any

from portal.tenancy.scope import tenant_scope
from recognition.actions import record_photos, records
from recognition.details import PhotoDetails, RecordDetails
from recognition.models import Candidate, CaseRecord, CaseRecordPhoto, Item, Subject
from tests.support.jobs import Desk, photo

_numbers = itertools.count(1)
REPORT = {
    "authority_kind": "report",
    "authority_issuer": "Westford Police",
    "authority_reference": "WP-114",
    "authority_dated": "2025-05-03",
}


def new_record(desk: Desk, **changes: Any) -> CaseRecord:
    """An open record of a child, born on May 1, 2015."""
    known = {name: changes.pop(name) for name in list(changes) if name in RecordDetails.__dataclass_fields__}
    values = {
        "reference": f"WP-{next(_numbers)}",
        "purpose": "find_missing_child",
        "requested_by": "police",
        "details": RecordDetails(**{"born": "2015-05-01"} | known),
    }
    return records.open_record(organization=desk.tenant.organization, by=desk.by, **values | changes)


def add_photo(desk: Desk, record: CaseRecord, color: Any, taken: str = "", **flags: Any) -> CaseRecordPhoto:
    data = flags.pop("data", None) or photo(color)
    details = PhotoDetails(taken=taken, note=flags.pop("note", ""))
    return record_photos.receive(
        record=record, name="child.png", data=data, details=details, by=desk.by, **flags
    )


def record_of(desk: Desk, reference: str) -> CaseRecord | None:
    with tenant_scope(desk.tenant.organization):
        return CaseRecord.objects.called(reference).first()


def subject_of(desk: Desk, name: str) -> Subject:
    with tenant_scope(desk.tenant.organization):
        return Subject.objects.select_related("record").get(gallery=desk.gallery, name=name)


def candidates_of(desk: Desk, job: Any) -> list[Candidate]:
    with tenant_scope(desk.tenant.organization):
        return list(Candidate.objects.filter(item__in=Item.objects.filter(job=job).values("pk")))
