"""Two registers of the office: the end users whom grants name, and the exemptions in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import end_users
from compliance.models import EndUser, Evidence, Grant
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.scope import officer_scope
from portal.web.forms.officer import RegisterForm, RegisterSearchForm
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of


@officer_view(methods=("GET", "POST"))
def listed(request: OfficerRequest) -> HttpResponse:
    """List the end users that a search asks for, and enter a body that is not there."""
    if request.method != "POST":
        return _page(request, RegisterForm())
    form = RegisterForm(request.POST)
    if form.is_valid():
        try:
            entry = end_users.register(**form.cleaned_data, by=request.actor)
        except InvalidInput as error:
            form.add_error(error.detail.get("field"), error.sentence)
        else:
            messages.success(request, f"{entry} is in the register.")
            return redirect("officer_end_user", entry.public_id)
    with officer_scope():
        return _page(request, form, status=422)


@officer_view()
def shown(request: OfficerRequest, end_user_id: str) -> HttpResponse:
    """Show one end user, and which organizations work for it."""
    entry = EndUser.objects.filter(pk=parse_public_id(EndUser.PREFIX, end_user_id)).first()
    if entry is None:
        raise NotFound()
    now = database_now()
    grants = Grant.objects.filter(end_user=entry).in_force().select_related("organization", "end_user")
    rows = [grant_row(one, now) for one in grants.order_by("organization__name", "pk")]
    return office_page(request, "officer/end_user.html", {"entry": entry, "rows": rows})


@officer_view()
def exemptions(request: OfficerRequest) -> HttpResponse:
    """List the exemptions in force, the one that ends first on top."""
    now = database_now()
    rows = Grant.objects.exempt().select_related("organization", "end_user")
    page = page_of(request, rows)
    context = {"page": page, "rows": [grant_row(one, now) for one in page.rows]}
    return office_page(request, "officer/exemptions.html", context)


def grant_row(grant: Grant, now: datetime) -> dict[str, Any]:
    """Return a grant in force as the registers show it."""
    line = grant.line
    end = line.exempt_until if grant.exemption else grant.expires_at
    return {
        "organization": grant.organization,
        "url": reverse("officer_organization", args=[grant.organization.public_id]),
        "purpose": grant.get_purpose_display(),
        "end_user": grant.end_user,
        "end_user_url": reverse("officer_end_user", args=[grant.end_user.public_id]),
        "status": grant.moratorium_status,
        "exemption": grant.exemption,
        "evidence": grant.exemption_evidence,
        "evidence_url": _document(grant.exemption_evidence),
        "case_reference": grant.case_reference,
        "ends_at": end,
        "left": (end - now).total_seconds(),
    }


def _document(text: str) -> str:
    """Return where the one document lies that an officer named; nothing where they wrote anything else."""
    try:
        parse_public_id(Evidence.PREFIX, text)
    except NotFound:
        return ""
    return reverse("officer_evidence_open", args=[text])


def _page(request: OfficerRequest, form: RegisterForm, *, status: int = 200) -> HttpResponse:
    search = RegisterSearchForm(request.GET)
    chosen = search.cleaned_data if search.is_valid() else {}
    rows = EndUser.objects.matching(chosen.get("q", "")).order_by("name", "pk")
    if kind := chosen.get("type"):
        rows = rows.filter(organization_type=kind)
    page = page_of(request, rows.select_related("organization"))
    used = _organizations({entry.pk for entry in page.rows})
    context = {
        "filter": search,
        "form": form,
        "page": page,
        "rows": [{"entry": entry, "used": used.get(entry.pk, 0)} for entry in page.rows],
    }
    return office_page(request, "officer/end_users.html", context, status=status)


def _organizations(entries: set[UUID]) -> dict[UUID, int]:
    """Return how many organizations work for each entry now."""
    grants = Grant.objects.filter(end_user__in=entries).in_force()
    pairs = set(grants.values_list("end_user_id", "organization_id"))
    found: dict[UUID, int] = {}
    for entry, _ in pairs:
        found[entry] = found.get(entry, 0) + 1
    return found
