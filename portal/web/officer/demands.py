"""Legal demands: what was served, what is kept because of it, and how it was answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import legal_demands
from compliance.impartiality import refuse_involved
from compliance.models import LegalDemand, LegalHold
from portal.common.clock import database_now
from portal.tenancy.scope import officer_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.special import DemandAnswerForm, DemandForm, HoldForm
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of

_TOLD, _GAGGED = "The organization is told by letter.", "Nobody is told: a gag stands."


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """List demands, the unanswered first."""
    now = database_now()
    demands = LegalDemand.objects.select_related("organization", "case")
    page = page_of(request, demands.exclude(answered_at=None).order_by("-answered_at", "-pk"))
    context = {
        "now": now,
        "open": [_row(one, now) for one in demands.open()],
        "page": page,
        "standing_holds": LegalHold.objects.standing().count(),
    }
    return office_page(request, "officer/demands.html", context)


@officer_view(methods=("GET", "POST"))
def new(request: OfficerRequest) -> HttpResponse:
    """Record a demand."""
    if request.method != "POST":
        initial = {"organization": request.GET.get("organization", "")}
        return office_page(request, "officer/demand_new.html", {"form": DemandForm(initial=initial)})
    form = DemandForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            demand = legal_demands.receive(**form.demand, by=request.actor)
            messages.success(request, f"Recorded. {_TOLD if demand.told_at else _GAGGED}")
            return redirect("officer_demand", demand.public_id)
    with officer_scope():
        return office_page(request, "officer/demand_new.html", {"form": form}, status=422)


@officer_view(methods=("GET", "POST"))
def shown(request: OfficerRequest, demand_id: str) -> HttpResponse:
    """Show a demand with its holds; record the answer."""
    if request.method != "POST":
        return _page(request, demand_id)
    form = DemandAnswerForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            legal_demands.answer(demand=_fetch(demand_id), **form.cleaned_data, by=request.actor)
            messages.success(request, "The answer was recorded.")
            return redirect("officer_demand", demand_id)
    with officer_scope():
        return _page(request, demand_id, answer_form=form, form=form, status=422)


@officer_view(methods=("POST",))
def hold(request: OfficerRequest, demand_id: str) -> HttpResponse:
    """Keep a job, or everything, from being purged."""
    form = HoldForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            subject = form.cleaned_data["subject"].strip()
            legal_demands.place_hold(demand=_fetch(demand_id), subject=subject, by=request.actor)
            messages.success(request, "It is kept from now on.")
            return redirect("officer_demand", demand_id)
    with officer_scope():
        return _page(request, demand_id, hold_form=form, form=form, status=422)


@officer_view(methods=("POST",))
def lift(request: OfficerRequest, hold_id: str) -> HttpResponse:
    """Let what was held be purged in its time again."""
    with officer_scope():
        held = LegalHold.objects.select_related("demand").with_public_id(hold_id)
    legal_demands.lift_hold(hold=held, by=request.actor)
    messages.success(request, "The hold was lifted. What it kept is purged in its time.")
    return redirect("officer_demand", held.demand.public_id)


def _page(request: OfficerRequest, demand_id: str, *, status: int = 200, **more: Any) -> HttpResponse:
    demand = _find(demand_id)
    refuse_involved(demand.organization_id, request.actor.person)
    holds = LegalHold.objects.filter(demand=demand).select_related("placed_by", "lifted_by")
    context = {
        "demand": demand,
        "case": demand.case,
        "gagged": demand.told_at is None and demand.gag_until is not None,
        "holds": [_hold_row(one, request) for one in holds.order_by("placed_at")],
        "events": casefile.events([demand.public_id]),
        "answer_form": DemandAnswerForm(),
        "hold_form": HoldForm(),
        **more,
    }
    return office_page(request, "officer/demand.html", context, status=status)


def _hold_row(held: LegalHold, request: OfficerRequest) -> dict[str, Any]:
    mine = held.placed_by_id == request.actor.user_id
    return {"hold": held, "can_lift": held.lifted_at is None and not mine, "mine": mine}


def _row(demand: LegalDemand, now: Any) -> dict[str, Any]:
    return {"demand": demand, "overdue": demand.due_at < now}


def _find(demand_id: str) -> LegalDemand:
    rows = LegalDemand.objects.select_related("organization", "case", "recorded_by", "answered_by")
    demand: LegalDemand = rows.with_public_id(demand_id)
    return demand


def _fetch(demand_id: str) -> LegalDemand:
    with officer_scope():
        return _find(demand_id)
