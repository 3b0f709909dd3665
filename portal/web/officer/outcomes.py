"""Steps on a case about no application: its outcome, what was found, passing it on, taking back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import assignments, decisions, incidents, person_requests
from portal.web.forms.errors import shown_on
from portal.web.forms.special import CloseForm, OutcomeForm
from portal.web.officer import cases, special
from portal.web.officer.guards import OfficerRequest, officer_view


@officer_view(methods=("POST",))
def outcome(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Recommend to lift, to revoke or to uphold."""
    case = cases.fetch(case_id)
    form = OutcomeForm(special.outcomes_of(case), request.POST, prefix="outcome")
    if form.is_valid():
        with shown_on(form):
            decisions.recommend_outcome(case=case, **form.cleaned_data, by=request.actor)
            messages.success(request, "Your recommendation was recorded.")
            return redirect("officer_case", case_id)
    return cases.again(request, case_id, "outcome_form", form)


@officer_view(methods=("POST",))
def close_with(request: OfficerRequest, case_id: str) -> HttpResponse:
    """End a case with what was found."""
    case = cases.fetch(case_id)
    form = CloseForm(case.kind, request.POST, prefix="close")
    if form.is_valid():
        with shown_on(form):
            incidents.close_with(case=case, **form.cleaned_data, by=request.actor)
            messages.success(request, "The outcome was recorded.")
            return redirect("officer_case", case_id)
    return cases.again(request, case_id, "close_form", form)


@officer_view(methods=("POST",))
def forward(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Pass a person's request on to the organization's privacy contact."""
    person_requests.forward(case=cases.fetch(case_id), by=request.actor)
    messages.success(request, "The privacy contact is told by letter and answers in the portal.")
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def take_back(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Take one's recommendation back."""
    assignments.take_back(case=cases.fetch(case_id), by=request.actor)
    return redirect("officer_case", case_id)
