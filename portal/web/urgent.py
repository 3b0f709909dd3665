"""Asking for what cannot wait: an organization's urgent requests, and how they were decided."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.actions import urgent
from compliance.models import EndUser, UrgentRequest
from compliance.models.cases import ENDED
from compliance.standing import determination_in_force
from portal.common.clock import database_now
from portal.tenancy.access import get_or_404
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.urgent import UrgentForm
from portal.web.guards import MemberRequest, member_view

SHOWN = 25


@member_view()
def index(request: MemberRequest) -> HttpResponse:
    """List urgent requests, the newest first."""
    now = database_now()
    rows = UrgentRequest.objects.select_related("case", "end_user").order_by("-filed_at", "-pk")[:SHOWN]
    context = {
        "requests": [_row(one, now) for one in rows],
        "may_file": request.actor.may(Permission.SUBMIT_JOBS),
        "can_file": request.organization.status in urgent.MAY_ASK,
    }
    return render(request, "tenant/urgent/index.html", context)


@member_view(methods=("GET", "POST"), permission=Permission.SUBMIT_JOBS, scoped=False)
def new(request: MemberRequest) -> HttpResponse:
    """File an urgent request."""
    with tenant_scope(request.organization):
        choices = _end_users(request.organization)
    if request.method != "POST":
        return render(request, "tenant/urgent/new.html", {"form": UrgentForm(choices)})
    form = UrgentForm(choices, request.POST)
    if form.is_valid():
        with shown_on(form):
            filed = urgent.file(organization=request.organization, urgency=form.urgency, by=request.actor)
            messages.success(request, f"Filed as {filed.case.reference}. Two officers were written to.")
            return redirect("urgent")
    return render(request, "tenant/urgent/new.html", {"form": form}, status=422)


@member_view(methods=("POST",), permission=Permission.SUBMIT_JOBS)
def withdraw(request: MemberRequest, urgent_id: str) -> HttpResponse:
    """Take an urgent request back."""
    urgent.withdraw(request=get_or_404(UrgentRequest, request.actor, urgent_id), by=request.actor)
    messages.success(request, "The urgent request was withdrawn.")
    return redirect("urgent")


def _end_users(organization: Organization) -> list[tuple[str, str]]:
    """Return whom the organization works for already: itself, and who stands in its determination."""
    determination = determination_in_force(organization)
    named = {grant.end_user for grant in determination.kept_grants()} if determination else set()
    itself = set(EndUser.objects.filter(organization=organization))
    return [(one.public_id, one.name) for one in sorted(named | itself, key=lambda one: one.name.lower())]


def _row(request: UrgentRequest, now: Any) -> dict[str, Any]:
    granted = request.granted_until is not None
    running = granted and now < request.granted_until
    return {
        "request": request,
        "status": ("granted" if running else "expired") if granted else _undecided(request),
        "waits": request.case.status not in ENDED,
        "late": request.case.status not in ENDED and request.case.due_at <= now,
        "running": running,
    }


def _undecided(request: UrgentRequest) -> str:
    case = request.case
    return case.outcome or ("withdrawn" if case.status == "withdrawn" else "under_review")
