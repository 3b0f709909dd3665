"""Simulations: how far one is, and what a version would have changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from compliance import simulation
from compliance.actions import simulations
from compliance.models import PolicyProposal, PolicySimulation, PolicyVersionRecord
from compliance.models.proposals import SimulationStatus
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.models import Organization
from portal.web.officer.guards import OfficerRequest, office_page, officer_view

FLIPS_SHOWN = 20


@officer_view()
def shown(request: OfficerRequest, simulation_id: str) -> HttpResponse:
    """Show a simulation: its progress while it runs, then its result."""
    found = _find(simulation_id)
    context = {"simulation": found, **_progress(found), **result_of(found), "back": _back(found)}
    return office_page(request, "officer/simulation.html", context)


@officer_view()
def progress(request: OfficerRequest, simulation_id: str) -> HttpResponse:
    """Show the progress alone, for a page that asks again and again until it is done."""
    found = _find(simulation_id)
    if found.status in {SimulationStatus.DONE, SimulationStatus.FAILED}:
        page = HttpResponse()
        page["HX-Refresh"] = "true"
        return page
    context = {"simulation": found, **_progress(found)}
    return office_page(request, "officer/_simulation_progress.html", context)


def result_of(found: PolicySimulation | None) -> dict[str, Any]:
    """Return a result as the pages show it; nothing where there is none yet. In the office's scope."""
    if found is None or found.result is None:
        return {}
    result = found.result
    names = _names(result)
    return {
        "result": result,
        "outcomes": [
            {"outcome": outcome, "before": count, "after": result["after"][outcome]}
            for outcome, count in result["before"].items()
        ],
        "hit": [
            {**row, "name": names.get(row["organization"], row["organization"])}
            for row in result.get("by_organization", [])
        ],
        "flips": [
            {**flip, "name": names.get(flip["organization"], flip["organization"])}
            for flip in result["flips"][:FLIPS_SHOWN]
        ],
    }


def _names(result: dict[str, Any]) -> dict[str, str]:
    keys = {UUID(key) for key in result["organizations"]}
    keys |= {UUID(flip["organization"]) for flip in result["flips"][:FLIPS_SHOWN]}
    return {str(row.pk): row.name for row in Organization.objects.filter(pk__in=keys)}


def _progress(found: PolicySimulation) -> dict[str, Any]:
    moving = found.status in {SimulationStatus.REQUESTED, SimulationStatus.RUNNING}
    if not moving:
        return {"moving": False}
    total = simulation.in_view()
    return {"moving": True, "total": total, "done": min(simulations.progress(found), total)}


def _back(found: PolicySimulation) -> dict[str, str]:
    """Return where the simulated document is: a draft, a proposal or a version."""
    proposal = PolicyProposal.objects.filter(sha256=found.sha256).order_by("-changed_at").first()
    if proposal is None:
        return {"url": reverse("officer_policies"), "text": "Policies"}
    if proposal.published_id:
        record = PolicyVersionRecord.objects.get(pk=proposal.published_id)
        return {"url": reverse("officer_policy", args=[record.public_id]), "text": str(record)}
    return {"url": reverse("officer_draft", args=[proposal.public_id]), "text": "Draft"}


def _find(simulation_id: str) -> PolicySimulation:
    key = parse_public_id(PolicySimulation.PREFIX, simulation_id)
    found = PolicySimulation.objects.filter(pk=key).first()
    if found is None:
        raise NotFound()
    return found
