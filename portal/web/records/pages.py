"""The list of case records, and one of them: the person, photos, people in galleries, searches and leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from compliance.policy.vocabulary import Purpose, RequestedBy
from portal.common.clock import database_now
from portal.tenancy.roles import Permission
from portal.web import ages, reads
from portal.web.followed_up import page_url
from portal.web.guards import MemberRequest, member_view, private
from portal.web.names import name_of
from portal.web.paging import page_of
from recognition.actions import record_photos, records
from recognition.actions.records import AUTHORITY_KINDS
from recognition.ages import Span, age_at, span
from recognition.details import RecordDetails
from recognition.models import (
    Candidate,
    CandidateStatus,
    CaseRecord,
    CaseRecordPhoto,
    Image,
    Item,
    JobKind,
    RecordStatus,
    Subject,
    Verification,
)

UNDATED_SHOWN = 12
LINKED_SHOWN = 50
JOBS_SHOWN = 10
LEADS_SHOWN = 25
GALLERIES_SHOWN = 10


@member_view(permission=Permission.VIEW_RESULTS)
def index(request: MemberRequest) -> HttpResponse:
    """List case records, the newest first; `status` shows those in one state."""
    status = request.GET.get("status", "")
    rows = reads.records(request.actor).with_counts().select_related("organization")
    page = page_of(request, rows.filter(status=status) if status in RecordStatus.values else rows)
    context = {
        "page": page,
        "rows": [{"record": record, "missing_since": _missing_since(record)} for record in page.rows],
        "status": status if status in RecordStatus.values else "",
        "statuses": RecordStatus.choices,
    }
    return private(render(request, "tenant/cases/index.html", context))


@member_view(permission=Permission.VIEW_RESULTS)
def detail(request: MemberRequest, record_id: str) -> HttpResponse:
    """Show one case record."""
    record = reads.record(request.actor, record_id)
    known = records.details_of(record)
    may_change = request.actor.may(Permission.MANAGE_CASES)
    is_open = record.status == RecordStatus.OPEN
    context = {
        "record": record,
        "facts": _facts(record, known, request),
        "authority_issuer": known.authority_issuer,
        "from_family": record.requested_by == RequestedBy.FAMILY,
        "photos": _photos(record, known.born_span),
        "undated": _undated(record) if is_open else [],
        "linked": _linked(record),
        "jobs": _jobs(request, record),
        "leads": list(_leads(request, record)),
        "galleries": _galleries(request, record) if is_open else [],
        "can_change": may_change and is_open,
        "can_end": may_change and record.status != RecordStatus.FOUND,
    }
    return private(render(request, "tenant/cases/detail.html", context))


def photo_row(photo: CaseRecordPhoto, born: Span | None) -> dict[str, Any]:
    """Return one photo of a record as its page shows it. In scope."""
    known = record_photos.details_of(photo)
    return {
        "id": photo.public_id,
        "image": photo.image.public_id,
        "note": known.note,
        "edited": photo.edited,
        "age_progressed": photo.age_progressed,
        **ages.of_photo(known, born),
    }


def _missing_since(record: CaseRecord) -> str:
    known = records.details_of(record).missing_since
    return ages.written(span(known)) if known else ""


def _facts(record: CaseRecord, known: RecordDetails, request: MemberRequest) -> list[dict[str, Any]]:
    rows = [
        ("Purpose", Purpose(record.purpose).label),
        ("Requested by", RequestedBy(record.requested_by).label),
        *([] if record.status == RecordStatus.FOUND else _person(known)),
        ("Opened by", name_of(record.created_by, request.organization)),
    ]
    return [{"key": key, "value": value} for key, value in rows]


def _person(known: RecordDetails) -> list[tuple[str, str]]:
    born, missing = known.born_span, known.missing_since
    return [
        ("Date of birth", _born(born)),
        ("Missing since", ages.written(span(missing)) if missing else "Not known"),
        ("On file", _authority(known)),
    ]


def _born(born: Span | None) -> str:
    if born is None:
        return "Not known"
    today = database_now().date()
    return f"{ages.written(born)}, now {age_at(born, Span(today, today))}"


def _authority(known: RecordDetails) -> str:
    if not known.authority_kind:
        return "No report and no proof of custody"
    kind = AUTHORITY_KINDS[known.authority_kind]
    dated = ages.written(span(known.authority_dated)) if known.authority_dated else ""
    return ", ".join(filter(None, (kind, known.authority_issuer, known.authority_reference, dated)))


def _photos(record: CaseRecord, born: Span | None) -> list[dict[str, Any]]:
    rows = CaseRecordPhoto.objects.filter(record=record).select_related("image", "organization")
    return [photo_row(photo, born) for photo in rows.order_by("pk")]


def _undated(record: CaseRecord) -> Any:
    """Return photos that were searched for the case and are not in it: nobody has said of which day."""
    dated = CaseRecordPhoto.objects.filter(record=record).order_by().values("image__sha256")
    searched = Item.objects.filter(job__record=record, job__kind=JobKind.SEARCH).order_by().values("image")
    rows = Image.objects.filter(pk__in=searched, purged_at=None).exclude(sha256__in=dated)
    return rows.order_by("-pk")[:UNDATED_SHOWN]


def _linked(record: CaseRecord) -> Any:
    rows = Subject.objects.filter(record=record).select_related("gallery")
    return rows.order_by("gallery", "name")[:LINKED_SHOWN]


def _jobs(request: MemberRequest, record: CaseRecord) -> Any:
    return reads.jobs(request.actor).filter(record=record)[:JOBS_SHOWN]


def _leads(request: MemberRequest, record: CaseRecord) -> Iterator[dict[str, Any]]:
    """Return leads of the case by id; what they show stays behind the release gate."""
    own = reads.jobs(request.actor).filter(record=record).order_by().values("pk")
    kinds = (Candidate.objects.select_related("subject"), Verification.objects.all())
    for rows in kinds:
        found = rows.filter(item__job__in=own, status=CandidateStatus.LEAD).select_related("item__job")
        for lead in found.order_by("-pk")[:LEADS_SHOWN]:
            name = "A pair of photos" if isinstance(lead, Verification) else str(lead.subject)
            yield {"name": name, "status": lead.status, "url": page_url(lead, lead.item.job)}


def _galleries(request: MemberRequest, record: CaseRecord) -> Any:
    if not request.actor.may(Permission.SUBMIT_JOBS):
        return []
    rows = reads.galleries(request.actor).filter(purpose=record.purpose)
    return rows.order_by("name")[:GALLERIES_SHOWN]
