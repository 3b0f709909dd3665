"""What a stopped or restricted organization is told: what runs, since when, why, and what it can do."""

from __future__ import annotations

from typing import Any

from compliance.models import Measure
from compliance.models.measures import STOPS
from portal.tenancy.models import Organization, OrganizationStatus

_STOPPED = frozenset(
    {OrganizationStatus.RESTRICTED, OrganizationStatus.SUSPENDED, OrganizationStatus.REVOKED}
)


def notice(organization: Organization) -> dict[str, Any] | None:
    """Return the context of `tenant/_stopped.html`, None where work goes on. In scope."""
    if organization.status not in _STOPPED:
        return None
    standing = Measure.objects.standing().filter(organization=organization, kind__in=STOPS)
    measure = standing.select_related("case").first()
    return {
        "status": organization.status,
        "restricted": organization.status == OrganizationStatus.RESTRICTED,
        "case": measure.case if measure else None,
        "since": measure.taken_at if measure else None,
        "reasons": measure.reasons if measure else "",
    }
