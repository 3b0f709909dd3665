"""Policy proposals: a loosening waits for a second officer's own sign-in over the hash of the document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import policies as policy_actions
from compliance.actions import proposals
from compliance.models import PolicyProposal, PolicySimulation, PolicyVersionRecord
from compliance.models.proposals import ProposalStatus
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


def waiting(request: OfficerRequest) -> list[dict[str, Any]]:
    """Return the proposals that wait, oldest first."""
    rows = list(PolicyProposal.objects.filter(status=ProposalStatus.WAITING).order_by("proposed_at"))
    names = casefile.people({row.proposed_by for row in rows})
    return [
        {
            "proposal": row,
            "url": reverse("officer_proposal", args=[row.public_id]),
            "by": names.get(row.proposed_by, row.proposed_by),
            "mine": row.proposed_by == request.actor.id,
        }
        for row in rows
    ]


@officer_view(methods=("GET", "POST"))
def proposal(request: OfficerRequest, proposal_id: str) -> HttpResponse:
    """Show a proposal, and take the second officer's decision."""
    found = _find(proposal_id)
    if request.method != "POST":
        return _page(request, found)
    if "refuse" in request.POST:
        proposals.refuse(proposal=found, by=request.actor)
        messages.success(request, "The proposal was refused.")
    else:
        proposals.countersign(proposal=found, sha256=request.POST.get("sha256", ""), by=request.actor)
        messages.success(request, "The version was published. It counts from 24 hours from now.")
    return redirect("officer_policies")


@officer_view(methods=("POST",))
def ratify(request: OfficerRequest, policy_id: str) -> HttpResponse:
    """Ratify a tightening that another officer published."""
    key = parse_public_id(PolicyVersionRecord.PREFIX, policy_id)
    record = PolicyVersionRecord.objects.filter(pk=key).first()
    if record is None:
        raise NotFound()
    policy_actions.ratify(record=record, by=request.actor)
    messages.success(request, f"{record} was ratified.")
    return redirect("officer_policy", policy_id)


def _page(request: OfficerRequest, found: PolicyProposal) -> HttpResponse:
    simulated = PolicySimulation.objects.filter(sha256=found.sha256).order_by("-simulated_at").first()
    names = casefile.people({found.proposed_by})
    context = {
        "proposal": found,
        "by": names.get(found.proposed_by, found.proposed_by),
        "simulation": _rows(simulated.result) if simulated else [],
        "can_decide": found.status == ProposalStatus.WAITING and found.proposed_by != request.actor.id,
    }
    return office_page(request, "officer/proposal.html", context)


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": "Rulings looked at", "value": result["rulings"]},
        {"key": "Would come out otherwise", "value": result["flipped"]},
        {"key": "Organizations hit", "value": result["organizations_hit"]},
        {"key": "Would be held now", "value": ", ".join(result["held"]) or "Nothing"},
    ]


def _find(proposal_id: str) -> PolicyProposal:
    key = parse_public_id(PolicyProposal.PREFIX, proposal_id)
    found = PolicyProposal.objects.filter(pk=key).first()
    if found is None:
        raise NotFound()
    return found
