"""The directory as officers see it: standing, cases, and stopping an organization at once."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.urls import reverse

from compliance.impartiality import officer_key, require_not_blind
from compliance.models import Application, Case, Determination, Measure
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import standing as standing_of
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.models import ORGANIZATION_TRANSITIONS, Organization, OrganizationStatus
from portal.web.forms.officer import DirectoryForm
from portal.web.forms.special import ReasonsForm
from portal.web.officer import casefile, conflicts
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
    return page(request, find(organization_id), {})


def page(
    request: OfficerRequest, organization: Organization, forms: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render the page of an organization, with forms that were sent and have errors. In scope."""
    require_not_blind(organization.pk, officer_key(request.actor))
    standing = standing_of(organization)
    outside = not conflicts.has_part(organization, request.actor)
    context = {
        "tenant": organization,
        "standing": standing,
        "lines": lines(standing),
        "rules": rule_rows(standing.rules),
        "cases": _cases(organization),
        "applications": _applications(organization),
        "determinations": casefile.determinations(organization),
        "events": casefile.events([organization.public_id, *conflicts.ids(organization)]),
        "measures": Measure.objects.standing().filter(organization=organization),
        "can_suspend": outside and _may_become(organization, OrganizationStatus.SUSPENDED),
        "can_restrict": outside and _may_become(organization, OrganizationStatus.RESTRICTED),
        "can_revoke": outside,
        "own_organization": not outside,
        "recusals": conflicts.rows(organization, request.actor),
        "suspend_form": ReasonsForm(prefix="suspend"),
        "restrict_form": ReasonsForm(prefix="restrict"),
        **forms,
    }
    return office_page(request, "officer/organization.html", context, status=status)


def _may_become(organization: Organization, status: OrganizationStatus) -> bool:
    return ORGANIZATION_TRANSITIONS.allows(organization.status, status)


def _cases(organization: Organization) -> list[Case]:
    return list(Case.objects.filter(organization=organization).order_by("-opened_at")[:20])


def _applications(organization: Organization) -> list[Application]:
    return list(Application.objects.filter(organization=organization).order_by("-started_at")[:20])


def find(organization_id: str) -> Organization:
    """Return an organization by its public id.

    Raises:
        NotFound: No such organization.
    """
    key = parse_public_id(Organization.PREFIX, organization_id)
    organization = Organization.objects.filter(pk=key).first()
    if organization is None:
        raise NotFound()
    return organization
