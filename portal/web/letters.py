"""The letters that the office wrote to an organization, as they were mailed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from compliance.models import Letter
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.web.guards import MemberRequest, member_view
from portal.web.paging import page_of


@member_view(permission=Permission.VIEW_TRAIL)
def index(request: MemberRequest) -> HttpResponse:
    """List letters, the newest first."""
    page = page_of(request, Letter.objects.all().newest_first())
    context = {"page": page, "letters": [row(one) for one in page.rows]}
    return render(request, "tenant/letters/index.html", context)


@member_view(permission=Permission.VIEW_TRAIL)
def letter(request: MemberRequest, letter_id: str) -> HttpResponse:
    """Show one letter as it was written."""
    found = get_or_404(Letter, request.actor, letter_id)
    return render(request, "tenant/letters/letter.html", {"letter": found, "status": found.status})


def row(letter: Letter) -> dict[str, Any]:
    """Return a letter as a line of a list."""
    return {
        "id": letter.public_id,
        "subject": letter.subject,
        "address": letter.address,
        "at": letter.written_at,
        "status": letter.status,
    }
