"""Breaches: recording one, and the steps that follow."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import breaches
from compliance.impartiality import refuse_involved
from compliance.models import Breach
from compliance.models.breaches import BreachStep
from portal.common.clock import database_now
from portal.tenancy.scope import officer_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.special import BreachForm, StepForm
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def new(request: OfficerRequest) -> HttpResponse:
    """Record a breach; the organization and all officers are told at once."""
    if request.method != "POST":
        initial = {"organization": request.GET.get("organization", "")}
        return office_page(request, "officer/breach_new.html", {"form": BreachForm(initial=initial)})
    form = BreachForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            breach = breaches.open_breach(
                organization=form.cleaned_data["organization"],
                what=form.cleaned_data["what"],
                aware_at=form.aware_at,
                by=request.actor,
            )
            messages.success(request, "Recorded. The organization and all officers are told by letter.")
            return redirect("officer_breach", breach.public_id)
    with officer_scope():
        return office_page(request, "officer/breach_new.html", {"form": form}, status=422)


@officer_view(methods=("GET", "POST"))
def shown(request: OfficerRequest, breach_id: str) -> HttpResponse:
    """Show a breach with its clocks and steps; record a step."""
    if request.method != "POST":
        return _page(request, breach_id)
    with officer_scope():
        breach = _find(breach_id)
        form = StepForm(_left(breach), request.POST)
    if form.is_valid():
        given = form.cleaned_data
        with shown_on(form):
            needed = not given["needless"]
            breaches.take_step(
                breach=breach, step=given["step"], note=given["note"], needed=needed, by=request.actor
            )
            messages.success(request, "The step was recorded.")
            return redirect("officer_breach", breach_id)
    with officer_scope():
        return _page(request, breach_id, form, status=422)


def _page(
    request: OfficerRequest, breach_id: str, form: StepForm | None = None, *, status: int = 200
) -> HttpResponse:
    breach = _find(breach_id)
    refuse_involved(breach.organization_id, request.actor.person)
    left, now = _left(breach), database_now()
    told = BreachStep.AUTHORITY_TOLD not in left
    context: dict[str, Any] = {
        "breach": breach,
        "case": breach.case,
        "steps": steps_of(breach),
        "left": left,
        "late": not told and breach.authority_due_at <= now,
        "seconds": abs((breach.authority_due_at - now).total_seconds()),
        "told": told,
        "form": form or StepForm(left),
    }
    return office_page(request, "officer/breach.html", context, status=status)


def steps_of(breach: Breach) -> list[dict[str, Any]]:
    """Return every step after a breach, with what was done. In scope."""
    taken = {one.step: one for one in breach.actions.all()}
    return [
        {"label": step.label, "action": taken.get(step), "status": _status(taken.get(step))}
        for step in BreachStep
    ]


def _status(action: Any) -> str:
    if action is None:
        return "not_started"
    return "done" if action.needed else "not_applicable"


def _left(breach: Breach) -> list[BreachStep]:
    taken = set(breach.actions.values_list("step", flat=True))
    return [step for step in BreachStep if step not in taken]


def _find(breach_id: str) -> Breach:
    breach: Breach = Breach.objects.select_related("organization", "case").with_public_id(breach_id)
    return breach
