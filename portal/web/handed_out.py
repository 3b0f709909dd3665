"""What was handed out, to whom, and what those were told afterwards. In scope, all of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from compliance.models import EndUser, Letter
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.web import reads
from portal.web.guards import MemberRequest
from portal.web.names import names_of
from recognition.models import ExportedLead, ExportRecord, Job, Judged, Notice, Party

SHOWN = 10


def visible(actor: Actor) -> QuerySet[ExportRecord]:
    """Return the exports of jobs that a member may see, the newest first."""
    jobs = reads.jobs(actor).order_by().values("pk")
    return _newest(ExportRecord.objects.filter(job__in=jobs))


def untold(actor: Actor) -> int:
    """Return how many notices wait for a person to tell the recipient, for those who may read results."""
    if not actor.may(Permission.VIEW_RESULTS):
        return 0
    own = visible(actor).order_by().values("pk")
    return int(Notice.objects.to_tell().filter(export__in=own).count())


def of_job(job: Job, request: MemberRequest) -> list[dict[str, Any]]:
    """Return to whom a job's results were handed out, for those who may read results."""
    if not request.actor.may(Permission.VIEW_RESULTS):
        return []
    return described(list(_newest(ExportRecord.objects.filter(job=job))[:SHOWN]), request)


def of_lead(lead: Judged, request: MemberRequest) -> list[dict[str, Any]]:
    """Return to whom a lead was handed out, and what these were told of it."""
    carried = ExportedLead.objects.filter(lead_id=lead.pk).values("export")
    rows = list(_newest(ExportRecord.objects.filter(pk__in=carried))[:SHOWN])
    return described(rows, request, lead=lead.public_id)


def described(rows: list[ExportRecord], request: MemberRequest, lead: str = "") -> list[dict[str, Any]]:
    """Return exports as their list shows them, with what their recipients were told.

    Args:
        rows: The exports.
        request: Of the reader.
        lead: Leaves out what recipients were told of other leads.
    """
    names = names_of({row.exported_by for row in rows}, request.organization)
    bodies = EndUser.objects.in_bulk({row.end_user_id for row in rows if row.end_user_id})
    notices = _notices(rows, lead)
    return [
        {
            "id": row.public_id,
            "url": reverse("export_record", args=[row.public_id]),
            "at": row.created_at,
            "recipient": row.recipient,
            "party": _party(row, bodies),
            "by": names[row.exported_by],
            "email": row.email,
            "format": row.format,
            "notices": notices.get(row.pk, []),
        }
        for row in rows
    ]


def _newest(rows: QuerySet[ExportRecord]) -> QuerySet[ExportRecord]:
    return rows.select_related("job").order_by("-pk")


def _party(row: ExportRecord, bodies: dict[UUID, EndUser]) -> str:
    if row.end_user_id:
        return str(bodies.get(row.end_user_id, "In the register"))
    return str(Party(row.party).label)


def _notices(rows: list[ExportRecord], lead: str) -> dict[UUID, list[dict[str, Any]]]:
    told_of = {lead, *(row.job.public_id for row in rows)}
    found = list(Notice.objects.filter(export__in=[row.pk for row in rows]).order_by("pk"))
    found = [notice for notice in found if not lead or notice.about in told_of]
    letters = Letter.objects.in_bulk({notice.letter_id for notice in found if notice.letter_id})
    told: dict[UUID, list[dict[str, Any]]] = {}
    for notice in found:
        letter = letters.get(notice.letter_id) if notice.letter_id else None
        told.setdefault(notice.export_id, []).append(_notice(notice, letter))
    return told


def _notice(notice: Notice, letter: Letter | None) -> dict[str, Any]:
    """Return what a recipient has to know, and how far telling them is."""
    recalled = notice.about.startswith(f"{Job.PREFIX}_")
    state, at = _state(notice, letter)
    return {
        "id": notice.public_id,
        "what": "Results recalled" if recalled else "Lead withdrawn",
        "about": notice.about,
        "state": state,
        "at": at,
        "how": notice.how,
        "came_back": bool(letter and letter.given_up_at),
        "to_tell": state == "to_tell",
    }


def _state(notice: Notice, letter: Letter | None) -> tuple[str, Any]:
    if notice.told_at:
        return "told", notice.told_at
    if letter is None or letter.given_up_at:
        return "to_tell", notice.created_at
    return ("mailed", letter.sent_at) if letter.sent_at else ("letter_waiting", letter.written_at)
