"""The page of the platform-wide stop: one officer declares it at once, two let the platform go on."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance import versions
from compliance.actions import stops
from compliance.models import PolicyEpoch, PolicyProposal
from portal.common.clock import database_now
from portal.web.forms.errors import shown_on
from portal.web.forms.policies import ReasonsForm
from portal.web.officer.guards import OfficerRequest, office_page, officer_view

_STOP = "They stand in the policy, where everybody reads them. Name no person and no organization."
_LIFT = "Why the platform can go on. The second officer reads them, and everybody after."


@officer_view(methods=("GET", "POST"))
def page(request: OfficerRequest) -> HttpResponse:
    """Show whether the platform is stopped; declare the stop, or propose to go on."""
    told = versions.chapters(PolicyEpoch.objects.get().pack, database_now())
    chapter = versions.in_force(told)
    stop = versions.stop_of(chapter.record.version) if chapter else None
    if request.method != "POST":
        return _page(request, told, stop, ReasonsForm(hint=_LIFT if stop else _STOP))
    form = ReasonsForm(request.POST, hint=_LIFT if stop else _STOP)
    if form.is_valid():
        with shown_on(form, field="reasons"):
            return _act(request, form.cleaned_data["reasons"])
    return _page(request, told, stop, form, status=422)


def _act(request: OfficerRequest, reasons: str) -> HttpResponse:
    # The button says what was meant: a form that was open while another officer stopped must not lift.
    if "lift" in request.POST:
        proposal = stops.propose_lift(reasons=reasons, by=request.actor)
        messages.success(request, "Proposed, with your signature. Another officer has to countersign it.")
        return redirect("officer_proposal", proposal.public_id)
    stops.declare(reasons=reasons, by=request.actor)
    messages.success(request, "The whole platform is stopped. Another officer ratifies it within 72 hours.")
    return redirect("officer_stop")


def _page(
    request: OfficerRequest,
    told: list[versions.Chapter],
    stop: object,
    form: ReasonsForm,
    *,
    status: int = 200,
) -> HttpResponse:
    declared = next((one.record for one in told if versions.stop_of(one.record.version) == stop), None)
    waiting = [row for row in PolicyProposal.objects.waiting() if versions.PLATFORM_STOP in row.document]
    context = {
        "stop": stop,
        "declared": declared if stop else None,
        "declared_url": reverse("officer_policy", args=[declared.public_id]) if stop and declared else "",
        "waiting": [reverse("officer_proposal", args=[row.public_id]) for row in waiting],
        "scheduled": next((one.record for one in told if one.life is versions.Life.SCHEDULED), None),
        "form": form,
    }
    return office_page(request, "officer/stop.html", context, status=status)
