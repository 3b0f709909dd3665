"""What the compliance office may see of an organization's photos, as the organization is told."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from compliance.models import BreakGlass
from portal.audit.models import Event
from portal.common.clock import database_now
from portal.tenancy.access import get_or_404
from portal.tenancy.models import Organization
from portal.web.guards import MemberRequest, member_view

LOOKS_SHOWN = 100
_PARTS = {"item": "What was found in it", "photo": "The photo"}


@member_view()
def shown(request: MemberRequest, glass_id: str) -> HttpResponse:
    """Show an access that two officers opened: which items, why, until when, and every look."""
    glass = get_or_404(BreakGlass, request.actor, glass_id)
    context = {
        "glass": glass,
        "is_open": glass.is_open_at(database_now()),
        "looks": _looks(glass, request.organization),
    }
    return render(request, "tenant/glass.html", context)


def notices(organization: Organization) -> list[BreakGlass]:
    """Return the accesses that are open now. In scope."""
    return list(BreakGlass.objects.filter(organization=organization).open())


def _looks(glass: BreakGlass, organization: Organization) -> list[dict[str, Any]]:
    rows = Event.objects.filter(
        organization=str(organization.pk), verb="glass.looked", payload__access=glass.public_id
    )
    return [
        {"at": row.at, "title": f"{_PARTS.get(row.payload['part'], '')}: {row.target}"}
        for row in rows.order_by("-id")[:LOOKS_SHOWN]
    ]
