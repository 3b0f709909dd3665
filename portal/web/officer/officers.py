"""Who the officers are, and who becomes one or leaves: what two of them approve."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.actions import officers
from portal.tenancy.models import Officer, OfficerApproval, OfficerProposal, OfficerProposalStatus
from portal.tenancy.scope import officer_scope
from portal.web import appointments
from portal.web.forms.errors import shown_on
from portal.web.forms.officers import AppointForm
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def listed(request: OfficerRequest) -> HttpResponse:
    """List officers and what is proposed about them; take a new proposal."""
    if request.method != "POST":
        return _page(request, AppointForm())
    form = AppointForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            officers.propose(email=form.cleaned_data["email"], by=request.actor)
            messages.success(request, "Proposed, with your approval. Another officer has to approve it too.")
            return redirect("officer_officers")
    with officer_scope():
        return _page(request, form, status=422)


@officer_view(methods=("POST",))
def dismiss(request: OfficerRequest, officer_id: str) -> HttpResponse:
    """Propose that an officer leaves."""
    key = parse_public_id(Officer.PREFIX, officer_id)
    officer = Officer.objects.select_related("user").filter(pk=key).first()
    if officer is None:
        raise NotFound()
    officers.propose_dismissal(officer=officer, by=request.actor)
    messages.success(request, "Proposed, with your approval. Another officer has to approve it too.")
    return redirect("officer_officers")


@officer_view(methods=("POST",))
def decide(request: OfficerRequest, proposal_id: str) -> HttpResponse:
    """Approve or refuse a proposal; a new officer gets the link to their account by mail."""
    key = parse_public_id(OfficerProposal.PREFIX, proposal_id)
    proposal = OfficerProposal.objects.filter(pk=key).first()
    if proposal is None:
        raise NotFound()
    if "refuse" in request.POST:
        officers.refuse(proposal=proposal, by=request.actor)
        messages.success(request, "The proposal was refused.")
        return redirect("officer_officers")
    approved = officers.approve(proposal=proposal, by=request.actor)
    if approved.appointed:
        appointments.send_link(approved.appointed)
    messages.success(request, _said(approved))
    return redirect("officer_officers")


def _said(approved: officers.Approved) -> str:
    if approved.proposal.status == OfficerProposalStatus.WAITING:
        return "Your approval was recorded. Another officer has to approve it too."
    if approved.appointed:
        return f"{approved.appointed.email} is an officer. The link to the account is in the mail."
    return "The officer was dismissed."


def _page(request: OfficerRequest, form: AppointForm, *, status: int = 200) -> HttpResponse:
    active = list(Officer.objects.filter(active=True).select_related("user").order_by("appointed_at", "pk"))
    context = {
        "officers": active,
        "can_dismiss": len(active) > officers.NEEDED,
        "waiting": _waiting(request),
        "form": form,
    }
    return office_page(request, "officer/officers.html", context, status=status)


def _waiting(request: OfficerRequest) -> list[dict[str, Any]]:
    approvals = Prefetch("approvals", OfficerApproval.objects.select_related("user"))
    rows = OfficerProposal.objects.filter(status=OfficerProposalStatus.WAITING).prefetch_related(approvals)
    found = list(rows.order_by("proposed_at"))
    names = casefile.people({row.proposed_by for row in found})
    return [_waiting_row(row, names, request) for row in found]


def _waiting_row(row: OfficerProposal, names: dict[str, str], request: OfficerRequest) -> dict[str, Any]:
    approvals = list(row.approvals.all())
    return {
        "proposal": row,
        "url": reverse("officer_officers_decide", args=[row.public_id]),
        "by": names.get(row.proposed_by, "the shell, which approves nothing"),
        "approved_by": ", ".join(str(one.user) for one in approvals),
        "missing": officers.NEEDED - len(approvals),
        "mine": any(one.user_id == request.actor.user_id for one in approvals),
    }
