"""What ends next for an organization, and what it can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance.dates import MARKS_OF_EVIDENCE, MARKS_OF_GRANTS
from compliance.models import Application, Evidence
from compliance.models.onboarding import UNFINISHED, ApplicationKind, ApplicationStatus
from compliance.standing import LineStanding, Standing
from portal.tenancy.models import OrganizationStatus
from portal.web.forms.wording import kind_label

SHOWN_BEFORE = timedelta(days=max(MARKS_OF_GRANTS))
WAITING_SHOWN_BEFORE = timedelta(days=30)
_RECERTIFY = "Recertify: confirm or change your answers, and officers determine anew."


@dataclass(frozen=True)
class End:
    """One thing that ends.

    Attributes:
        does: What to do about it.
        kind: The application that does it; none where nothing has to be applied for.
        application: One of that kind that is open already.
    """

    what: str
    at: datetime
    days_left: int
    does: str
    kind: str = ""
    application: Application | None = None


def coming(standing: Standing, applications: Sequence[Application]) -> list[End]:
    """Return what ends within 90 days, the first to end first. Inside a scope.

    Args:
        standing: Of the organization.
        applications: Its open ones.
    """
    found = [
        *_grants(standing),
        *_exemptions(standing),
        *_evidence(standing),
        *_waiting(standing, applications),
    ]
    known = {one.kind: one for one in applications}
    rows = [
        End(**one, days_left=(one["at"] - standing.at).days, application=known.get(one.get("kind", "")))
        for one in found
        if standing.at < one["at"] <= standing.at + SHOWN_BEFORE
    ]
    return sorted(rows, key=lambda row: row.at)


def recertification(standing: Standing, applications: Sequence[Application]) -> dict[str, Any] | None:
    """Return the notice that recertification is due, None where it is not."""
    if standing.status != OrganizationStatus.RECERTIFICATION_DUE:
        return None
    lasting = [line.grant.expires_at for line in standing.lines if line.in_force]
    kind = ApplicationKind.RECERTIFICATION
    return {
        "first_end": min(lasting, default=None),
        "application": next((one for one in applications if one.kind == kind), None),
    }


def _grants(standing: Standing) -> list[dict[str, Any]]:
    """Return the ends of grants, those that end together as one."""
    together: dict[datetime, list[str]] = {}
    for line in standing.lines:
        if line.in_force and not line.grant.case_reference:
            together.setdefault(line.grant.expires_at, []).append(_line(line))
    return [
        {
            "what": f"{'Grants' if len(lines) > 1 else 'Grant'}: {'; '.join(lines)}",
            "at": moment,
            "does": _RECERTIFY,
            "kind": ApplicationKind.RECERTIFICATION,
        }
        for moment, lines in together.items()
    ]


def _exemptions(standing: Standing) -> list[dict[str, Any]]:
    """Return exemptions that end before their grant does."""
    exempt = [line for line in standing.lines if line.in_force and line.grant.exemption]
    return [
        {
            "what": f"Exemption: {_line(line)}",
            "at": line.grant.line.exempt_until,
            "does": "Ask for the exemption anew. Without it the moratorium covers this use again.",
            "kind": ApplicationKind.EXEMPTION,
        }
        for line in exempt
        if line.grant.line.exempt_until < line.grant.expires_at
    ]


def _evidence(standing: Standing) -> list[dict[str, Any]]:
    last = standing.at + timedelta(days=max(MARKS_OF_EVIDENCE))
    rows = Evidence.objects.in_force().exclude(record="").filter(expires_at__lte=last)
    return [
        {
            "what": f"Document: {kind_label(row.kind)} ({row.name})",
            "at": row.expires_at,
            "does": "Send a valid one with your next application. Work that needs it stops when it expires.",
            "kind": ApplicationKind.RECERTIFICATION,
        }
        for row in rows
    ]


def _waiting(standing: Standing, applications: Sequence[Application]) -> list[dict[str, Any]]:
    return [
        {
            "what": f"{one.get_kind_display()} {one.reference}",
            "at": one.expires_at,
            "does": "Answer the officer, or it lapses."
            if one.status == ApplicationStatus.INFO_REQUESTED
            else "Finish and submit it, or it lapses.",
            "kind": one.kind,
        }
        for one in applications
        if one.status in UNFINISHED and one.expires_at <= standing.at + WAITING_SHOWN_BEFORE
    ]


def _line(line: LineStanding) -> str:
    return f"{line.grant.get_purpose_display()} for {line.end_user}"
