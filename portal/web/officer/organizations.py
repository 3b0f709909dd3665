"""The directory as officers see it: standing, cases, and stopping an organization at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import suspensions
from compliance.models import Application, Case, Determination
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import standing as standing_of
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.models import ORGANIZATION_TRANSITIONS, Organization, OrganizationStatus
from portal.tenancy.scope import officer_scope
from portal.web.forms.officer import DirectoryForm, SuspendForm
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of
from portal.web.onboarding.standing import lines, rule_rows


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """List organizations by name, with type and status."""
    form = DirectoryForm(request.GET)
    rows = _filtered(form.cleaned_data if form.is_valid() else {})
    page = page_of(request, rows)
    context = {"filter": form, "page": page, "rows": [_row(one) for one in page.rows]}
    return office_page(request, "officer/organizations.html", context)


def _filtered(chosen: dict[str, Any]) -> Any:
    newest = Determination.objects.filter(organization=OuterRef("pk")).order_by("-decided_at", "-pk")
    rows = Organization.objects.annotate(
        determined_type=Subquery(newest.values("organization_type")[:1]),
        determined_status=Subquery(newest.values("moratorium_status")[:1]),
        determined_at=Subquery(newest.values("decided_at")[:1]),
    ).order_by("name", "pk")
    if name := chosen.get("name"):
        rows = rows.filter(name__icontains=name)
    if status := chosen.get("status"):
        rows = rows.filter(status=status)
    return rows


def _row(one: Any) -> dict[str, Any]:
    kind = one.determined_type
    return {
        "name": one.name,
        "url": reverse("officer_organization", args=[one.public_id]),
        "synthetic": one.synthetic,
        "status": one.status,
        "type": OrganizationType(kind).label if kind else "Not determined",
        "moratorium": one.determined_status or "unknown",
        "at": one.determined_at,
    }


@officer_view()
def shown(request: OfficerRequest, organization_id: str) -> HttpResponse:
    """Show one organization: standing line by line, cases, determinations, trail."""
    return _page(request, _find(organization_id), SuspendForm())


@officer_view(methods=("POST",))
def suspend(request: OfficerRequest, organization_id: str) -> HttpResponse:
    """Stop an organization at once; a case opens in which it is heard."""
    organization = _find(organization_id)
    form = SuspendForm(request.POST)
    if not form.is_valid():
        with officer_scope():
            return _page(request, organization, form, status=422)
    case = suspensions.suspend(
        organization=organization, reasons=form.cleaned_data["reasons"], by=request.actor
    )
    messages.success(request, f"{organization} is suspended. Case {case.reference} is open about it.")
    return redirect("officer_organization", organization_id)


def _page(
    request: OfficerRequest, organization: Organization, form: SuspendForm, *, status: int = 200
) -> HttpResponse:
    standing = standing_of(organization)
    allowed = ORGANIZATION_TRANSITIONS.allows(organization.status, OrganizationStatus.SUSPENDED)
    outside = not casefile.belongs(organization, request.actor)
    context = {
        "tenant": organization,
        "standing": standing,
        "lines": lines(standing),
        "rules": rule_rows(standing.rules),
        "cases": _cases(organization),
        "applications": _applications(organization),
        "determinations": casefile.determinations(organization),
        "events": casefile.events([organization.public_id]),
        "can_suspend": allowed and outside,
        "own_organization": not outside,
        "form": form,
    }
    return office_page(request, "officer/organization.html", context, status=status)


def _cases(organization: Organization) -> list[Case]:
    return list(Case.objects.filter(organization=organization).order_by("-opened_at")[:20])


def _applications(organization: Organization) -> list[Application]:
    return list(Application.objects.filter(organization=organization).order_by("-started_at")[:20])


def _find(organization_id: str) -> Organization:
    key = parse_public_id(Organization.PREFIX, organization_id)
    organization = Organization.objects.filter(pk=key).first()
    if organization is None:
        raise NotFound()
    return organization
