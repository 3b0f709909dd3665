"""Break-glass: asked for, allowed by a second officer, looked through for an hour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import break_glass
from compliance.models import BreakGlass
from compliance.models.glass import GlassStatus
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope
from portal.web import images, sentences
from portal.web.forms.errors import shown_on
from portal.web.forms.officer import GlassForm
from portal.web.guards import private
from portal.web.officer import casefile, conflicts
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of
from recognition.actions import glass
from recognition.actions.glass import Seen


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """List accesses: those to decide on, those that are open, and all that ever were."""
    rows = BreakGlass.objects.select_related("organization", "requested_by", "decided_by")
    page = page_of(request, rows.order_by("-requested_at", "-pk"))
    now = database_now()
    context = {
        "page": page,
        "rows": [{"glass": one, "state": _state(one, now)} for one in page.rows],
        "waiting": BreakGlass.objects.waiting().count(),
        "open": BreakGlass.objects.open().count(),
    }
    return office_page(request, "officer/glass/index.html", context)


@officer_view(methods=("GET", "POST"))
def ask(request: OfficerRequest, organization_id: str) -> HttpResponse:
    """Ask to see named items of an organization."""
    organization = _organization(organization_id)
    if request.method != "POST":
        return _ask(request, organization, GlassForm())
    form = GlassForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            made = glass.request(organization=organization, by=request.actor, **form.cleaned_data)
            messages.success(request, "Asked. Another officer has to allow it before anything is shown.")
            return redirect("officer_glass", made.public_id)
    return _ask(request, organization, form)


@officer_view(methods=("GET", "POST"))
def shown(request: OfficerRequest, glass_id: str) -> HttpResponse:
    """Show an access, and take the second officer's decision or its early end."""
    if request.method != "POST":
        return _page(request, _find(glass_id))
    with officer_scope():
        row = _find(glass_id)
    if "approve" in request.POST:
        break_glass.approve(glass=row, by=request.actor)
        messages.success(request, "Open for one hour. The organization was told.")
    elif "refuse" in request.POST:
        break_glass.refuse(glass=row, by=request.actor)
        messages.success(request, "Refused. Nothing is shown.")
    else:
        break_glass.end(glass=row, by=request.actor)
        messages.success(request, "Ended. Nothing is shown any more.")
    return redirect("officer_glass", glass_id)


@officer_view(scoped=False)
def item(request: OfficerRequest, glass_id: str, item_id: str) -> HttpResponse:
    """Show what was found in a named item, beside its photo. Each opening is a look."""
    row = _fetch(glass_id)
    seen = glass.look(glass=row, item=item_id, part="item", by=request.actor)
    context = {"glass": row, "item": seen.item, "job": seen.job, **_seen(seen)}
    return private(office_page(request, "officer/glass/item.html", context))


@officer_view(scoped=False)
def photo(request: OfficerRequest, glass_id: str, item_id: str) -> HttpResponse:
    """Serve the photo of a named item, drawn anew. Each opening is a look."""
    seen = glass.look(glass=_fetch(glass_id), item=item_id, part="photo", by=request.actor)
    return images.redrawn(seen.photo)


def _ask(request: OfficerRequest, organization: Organization, form: GlassForm) -> HttpResponse:
    context = {"form": form, "tenant": organization}
    status = 422 if form.errors else 200
    return office_page(request, "officer/glass/ask.html", context, status=status)


def _page(request: OfficerRequest, row: BreakGlass) -> HttpResponse:
    state, own = _state(row, database_now()), request.actor.user_id
    outside = not conflicts.has_part(row.organization, request.actor)
    two = own in {row.requested_by_id, row.decided_by_id}
    context = {
        "glass": row,
        "state": state,
        "events": casefile.events([row.public_id]),
        "can_decide": state == GlassStatus.REQUESTED and outside and own != row.requested_by_id,
        "mine": own == row.requested_by_id,
        "can_look": state == GlassStatus.OPEN and two,
    }
    return office_page(request, "officer/glass/detail.html", context)


def _state(row: BreakGlass, now: datetime) -> str:
    """Return where an access stands, by the clock: an hour that is over is over."""
    if row.status == GlassStatus.OPEN and not row.is_open_at(now):
        return "over"
    if row.status == GlassStatus.REQUESTED and row.requested_at + break_glass.DECIDED_WITHIN <= now:
        return "lapsed"
    return str(row.status)


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "faces": [
            {
                "number": face.index + 1,
                "x": face.box["left"],
                "y": face.box["top"],
                "width": face.box["width"],
                "height": face.box["height"],
                "used": not face.reason,
                "label": sentences.reason(face.reason),
            }
            for face in seen.faces
        ],
        "candidates": [
            {
                "face": one.found.index + 1,
                "rank": one.rank,
                "similarity": one.similarity,
                "status": one.status,
            }
            for one in seen.candidates
        ],
    }


def _find(glass_id: str) -> BreakGlass:
    """Return an access by its public id. In scope."""
    rows = BreakGlass.objects.select_related("organization", "requested_by", "decided_by")
    found: BreakGlass = rows.with_public_id(glass_id)
    return found


def _fetch(glass_id: str) -> BreakGlass:
    with officer_scope():
        return _find(glass_id)


def _organization(organization_id: str) -> Organization:
    key = parse_public_id(Organization.PREFIX, organization_id)
    organization = Organization.objects.filter(pk=key).first()
    if organization is None:
        raise NotFound()
    return organization
