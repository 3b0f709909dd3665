"""The urgent path: who is on call, and each officer's own decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance import urgency
from compliance.actions import shifts, urgent_votes
from compliance.impartiality import require_reader
from compliance.models import Shift, UrgentRequest
from compliance.models.cases import ENDED
from portal.common.clock import database_now
from portal.tenancy.scope import officer_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.urgent import ShiftForm, UrgentVoteForm
from portal.web.officer import casefile
from portal.web.officer.evaluations import evaluations
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def on_call(request: OfficerRequest) -> HttpResponse:
    """Show who is on call; go on call, or leave."""
    if request.method != "POST":
        return _on_call_page(request, ShiftForm(initial={"hours": 8}))
    if "leave" in request.POST:
        shifts.leave(by=request.actor)
        messages.success(request, "You are no longer on call.")
        return redirect("officer_on_call")
    form = ShiftForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            shift = shifts.begin(hours=form.cleaned_data["hours"], by=request.actor)
            messages.success(request, f"You are on call until {shift.ends_at:%H:%M} UTC.")
            return redirect("officer_on_call")
    with officer_scope():
        return _on_call_page(request, form, status=422)


@officer_view(methods=("GET", "POST"))
def shown(request: OfficerRequest, urgent_id: str) -> HttpResponse:
    """Show an urgent request with its evaluation; take the officer's own decision."""
    if request.method != "POST":
        return _page(request, urgent_id, UrgentVoteForm())
    form = UrgentVoteForm(request.POST)
    if form.is_valid():
        with officer_scope():
            asked = _find(urgent_id)
        with shown_on(form):
            urgent_votes.vote(request=asked, **form.vote, by=request.actor)
            messages.success(request, "Your decision was recorded.")
            return redirect("officer_urgent", urgent_id)
    with officer_scope():
        return _page(request, urgent_id, form, status=422)


def _on_call_page(request: OfficerRequest, form: ShiftForm, *, status: int = 200) -> HttpResponse:
    running = list(Shift.objects.all().now().select_related("officer"))
    mine = next((one for one in running if one.officer_id == request.actor.user_id), None)
    requests = UrgentRequest.objects.exclude(case__status__in=ENDED).select_related("case", "organization")
    context = {
        "shifts": running,
        "mine": mine,
        "form": form,
        "requests": list(requests.order_by("case__due_at")[:25]),
    }
    return office_page(request, "officer/on_call.html", context, status=status)


def _page(
    request: OfficerRequest, urgent_id: str, form: UrgentVoteForm, *, status: int = 200
) -> HttpResponse:
    asked = _find(urgent_id)
    require_reader(asked.case, request.actor)
    case, now = asked.case, database_now()
    votes = list(asked.votes.select_related("officer"))
    voted = any(one.officer_id == request.actor.user_id for one in votes)
    drawn = request.actor.user_id in {case.assigned_to_id, case.second_officer_id}
    open_ = case.status not in ENDED
    ruling = urgency.ruling_on(urgency.asked(asked, entry=asked.end_user), asked.organization, at=now)
    table = evaluations(ruling)
    context: dict[str, Any] = {
        "asked": asked,
        "case": case,
        "ruling": ruling,
        "evaluations": [line for line in table if line["result"] != "not_applicable"],
        "votes": [_vote_row(one, closed=open_ and not voted) for one in votes],
        "can_vote": open_ and drawn and not voted,
        "waiting": open_ and voted,
        "late": open_ and case.due_at <= now,
        "seconds": abs((case.due_at - now).total_seconds()),
        "open": open_,
        "events": casefile.events([asked.public_id, case.public_id]),
        "form": form,
    }
    return office_page(request, "officer/urgent.html", context, status=status)


def _vote_row(vote: Any, *, closed: bool) -> dict[str, Any]:
    title = "Decided; it opens with your own decision" if closed else _vote_title(vote)
    return {
        "at": vote.voted_at,
        "title": title,
        "actor": str(vote.officer),
        "text": "" if closed else vote.reasons,
    }


def _vote_title(vote: Any) -> str:
    return f"Grants for {vote.hours} hours" if vote.grants else "Refuses"


def _find(urgent_id: str) -> UrgentRequest:
    rows = UrgentRequest.objects.select_related("case", "organization", "end_user", "filed_by")
    found: UrgentRequest = rows.with_public_id(urgent_id)
    return found
