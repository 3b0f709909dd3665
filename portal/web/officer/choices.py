"""Choosing another policy pack: proposed by one officer, approved by a second with their own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import choices
from compliance.models import PackChoice
from compliance.models.proposals import ChoiceStatus
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view

OPEN = (ChoiceStatus.WAITING, ChoiceStatus.SCHEDULED)


@officer_view(methods=("POST",))
def propose(request: OfficerRequest) -> HttpResponse:
    """Propose another pack."""
    given = request.POST
    made = choices.propose(
        pack=given.get("pack", ""), reasons=given.get("reasons", "")[:2000], by=request.actor
    )
    messages.success(request, "Proposed, with your signature. Another officer has to approve it.")
    return redirect("officer_choice", made.public_id)


@officer_view(methods=("GET", "POST"))
def choice(request: OfficerRequest, choice_id: str) -> HttpResponse:
    """Show a choice, and take the second officer's decision."""
    found = PackChoice.objects.filter(pk=parse_public_id(PackChoice.PREFIX, choice_id)).first()
    if found is None:
        raise NotFound()
    if request.method != "POST":
        return _page(request, found)
    messages.success(request, _decide(request, found))
    return redirect("officer_choice", choice_id)


def open_rows() -> list[dict[str, Any]]:
    """Return the choices that wait or are scheduled."""
    found = PackChoice.objects.filter(status__in=OPEN).order_by("proposed_at")
    return [{"choice": row, "url": reverse("officer_choice", args=[row.public_id])} for row in found]


def _decide(request: OfficerRequest, found: PackChoice) -> str:
    if "withdraw" in request.POST:
        choices.withdraw(choice=found, by=request.actor)
        return "The choice was withdrawn. Things stay as they are."
    if "refuse" in request.POST:
        choices.refuse(choice=found, by=request.actor)
        return "The choice was refused."
    done = choices.countersign(choice=found, sha256=request.POST.get("sha256", ""), by=request.actor)
    if done.status == ChoiceStatus.WAITING:
        return "Signed. A shell had proposed it, so another officer has to sign too."
    if done.status == ChoiceStatus.SCHEDULED:
        return "Approved. It counts from 24 hours from now, in view of all."
    return f"{found.new} is in force."


def _page(request: OfficerRequest, found: PackChoice) -> HttpResponse:
    names = casefile.people({found.proposed_by, found.signed_by, found.decided_by})
    context = {
        "choice": found,
        "by": names.get(found.proposed_by, found.proposed_by),
        "signed": names.get(found.signed_by, found.signed_by),
        "decided": names.get(found.decided_by, found.decided_by),
        "can_decide": found.status == ChoiceStatus.WAITING and found.signed_by != request.actor.id,
        "can_withdraw": found.status in OPEN,
    }
    return office_page(request, "officer/choice.html", context)
