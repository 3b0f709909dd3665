"""Policy proposals: a loosening waits for a second officer's own sign-in over the hash of the document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import proposals, simulations
from compliance.models import PolicyProposal
from compliance.models.proposals import ProposalStatus
from compliance.versions import PLATFORM_STOP
from portal.web.officer import casefile, drafts
from portal.web.officer import simulations as results
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


def waiting(request: OfficerRequest) -> list[dict[str, Any]]:
    """Return the proposals that wait, oldest first."""
    rows = list(PolicyProposal.objects.waiting())
    names = casefile.people({row.proposed_by for row in rows})
    return [
        {
            "proposal": row,
            "url": reverse("officer_proposal", args=[row.public_id]),
            "by": names.get(row.proposed_by, row.proposed_by),
            "mine": row.signed_by == request.actor.id,
        }
        for row in rows
    ]


@officer_view(methods=("GET", "POST"))
def proposal(request: OfficerRequest, proposal_id: str) -> HttpResponse:
    """Show a proposal, and take the second officer's decision."""
    found = drafts.find(proposal_id)
    if request.method != "POST":
        return _page(request, found)
    if "take_back" in request.POST:
        proposals.take_back(proposal=found, by=request.actor)
        messages.success(request, "It is a draft of yours again.")
        return redirect("officer_draft", proposal_id)
    messages.success(request, _decide(request, found))
    return redirect("officer_policies")


def _decide(request: OfficerRequest, found: PolicyProposal) -> str:
    if "refuse" in request.POST:
        proposals.refuse(proposal=found, by=request.actor)
        return "The proposal was refused."
    done = proposals.countersign(proposal=found, sha256=request.POST.get("sha256", ""), by=request.actor)
    if done.published is None:
        return "Signed. A shell had proposed it, so another officer has to sign too."
    if _lifts_stop(found):
        return "The platform goes on."
    return "The version was published. It counts from 24 hours from now."


def _page(request: OfficerRequest, found: PolicyProposal) -> HttpResponse:
    simulated = simulations.newest_of(found.sha256)
    names = casefile.people({found.proposed_by, found.signed_by, found.decided_by})
    is_waiting = found.status == ProposalStatus.WAITING
    context = {
        "proposal": found,
        "by": names.get(found.proposed_by, found.proposed_by),
        "signed": names.get(found.signed_by, found.signed_by),
        "decided": names.get(found.decided_by, found.decided_by),
        "lifts_stop": _lifts_stop(found),
        "simulation": simulated,
        **results.result_of(simulated),
        "can_decide": is_waiting and found.signed_by != request.actor.id,
        "can_take_back": is_waiting and found.proposed_by == request.actor.id,
    }
    return office_page(request, "officer/proposal.html", context)


def _lifts_stop(found: PolicyProposal) -> bool:
    return found.loosenings == [f"{PLATFORM_STOP} is removed."]
