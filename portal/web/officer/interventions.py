"""Stepping in by a case: an officer holds a job, lets it go on, or recalls its results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.models import RulingRecord
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.scope import officer_scope
from portal.web.forms.interventions import HOLD, RECALL, RESUME, InterventionForm
from portal.web.officer import casefile
from portal.web.officer.cases import fetch, find
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from recognition.actions import interventions
from recognition.models import Job

RULINGS_SHOWN = 5
_DONE = {
    HOLD: "The job is held. The organization was told.",
    RESUME: "The job goes on.",
    RECALL: "The results were recalled. The organization was told, and so are recipients of exports.",
}
_NO_JOB = "There is no such job in this organization."


@officer_view(methods=("GET", "POST"))
def step_in(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Show what is known of a job without its faces; hold it, let it go on, or recall its results."""
    if request.method != "POST":
        return _page(request, case_id, InterventionForm(initial=_initial(request, case_id)))
    form = InterventionForm(request.POST)
    if form.is_valid():
        try:
            _take(form.cleaned_data, case_id, request)
        except NotFound:
            form.add_error("job", _NO_JOB)
        else:
            messages.success(request, _DONE[form.cleaned_data["step"]])
            return redirect("officer_step_in", case_id)
    with officer_scope():
        return _page(request, case_id, form)


def _take(values: dict[str, Any], case_id: str, request: OfficerRequest) -> None:
    case = fetch(case_id)
    parse_public_id(Job.PREFIX, values["job"])
    common: dict[str, Any] = {"case": case, "job_id": values["job"], "by": request.actor}
    if values["step"] == RESUME:
        interventions.resume(**common)
        return
    steps: dict[str, Callable[..., Job]] = {HOLD: interventions.hold, RECALL: interventions.recall}
    steps[values["step"]](**common, because=values["reason"])


def _initial(request: OfficerRequest, case_id: str) -> dict[str, str]:
    subject = find(case_id, request.actor).subject
    return {"job": subject if subject.startswith(f"{Job.PREFIX}_") else ""}


def _page(request: OfficerRequest, case_id: str, form: InterventionForm) -> HttpResponse:
    """Render the page. In scope."""
    case = find(case_id, request.actor)
    named = str(form["job"].value() or "")
    rulings = RulingRecord.objects.about(named).filter(organization_id=case.organization_id)
    known = list(rulings.order_by("-pk")[:RULINGS_SHOWN]) if named else []
    context = {
        "case": case,
        "form": form,
        "named": named if known else "",
        "rulings": known,
        "events": casefile.events([named]) if known else [],
    }
    return office_page(request, "officer/step_in.html", context, status=422 if form.errors else 200)
