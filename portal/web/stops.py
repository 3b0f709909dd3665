"""What a stopped organization is told: that nothing runs, since when, why, and what it can do."""

from __future__ import annotations

from typing import Any

from compliance.models import Case, CaseMessage
from compliance.models.cases import CaseKind
from portal.tenancy.models import Organization, OrganizationStatus

_STOPPED = frozenset({OrganizationStatus.SUSPENDED, OrganizationStatus.REVOKED})


def notice(organization: Organization) -> dict[str, Any] | None:
    """Return the context of `tenant/_stopped.html`, None where work goes on. In scope."""
    if organization.status not in _STOPPED:
        return None
    case = Case.objects.filter(kind=CaseKind.INCIDENT).order_by("-opened_at").first()
    said = CaseMessage.objects.filter(case=case, internal=False).order_by("written_at").first()
    return {"status": organization.status, "case": case, "reasons": said.body if said else ""}
