"""The editor of policy: a draft from the version in force, changed rule by rule or as a document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import drafts, policies, proposals, simulations
from compliance.documents import difference
from compliance.models import PolicyEpoch, PolicyProposal
from compliance.models.proposals import ProposalStatus
from compliance.policy.rules import PolicyVersion
from compliance.versions import PLATFORM_STOP
from portal.common.errors import DomainError, NotFound
from portal.common.ids import parse_public_id
from portal.web import policy_words
from portal.web.forms.errors import shown_on
from portal.web.forms.policies import DocumentForm, ReasonsForm
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from recognition import client

EDITABLE = (ProposalStatus.DRAFT, ProposalStatus.SIMULATED)
_WHY = "Why the policy should change. The second officer reads them, and everybody once it is published."


@officer_view(methods=("POST",))
def start(request: OfficerRequest) -> HttpResponse:
    """Start a draft: from the version in force, as a copy, or to confirm that a refusal has ended."""
    if "copy" in request.POST:
        draft = drafts.copy(proposal=find(request.POST["copy"]), by=request.actor)
    else:
        ends = request.POST.get("ends", "")
        reasons = f"Confirms that {ends} has ended." if ends else ""
        draft = drafts.start(by=request.actor, ends=ends, reasons=reasons)
    return redirect("officer_draft", draft.public_id)


@officer_view(methods=("GET", "POST"))
def shown(request: OfficerRequest, draft_id: str) -> HttpResponse:
    """Show what a draft changes and what comes next; save its reasons."""
    draft = find(draft_id)
    if request.method != "POST":
        return _page(request, draft)
    drafts.save_document(
        draft=draft,
        document=draft.document,
        seen=draft.sha256,
        by=request.actor,
        reasons=request.POST.get("reasons", ""),
    )
    messages.success(request, "The reasons were saved.")
    return redirect("officer_draft", draft_id)


@officer_view(methods=("GET", "POST"))
def document(request: OfficerRequest, draft_id: str) -> HttpResponse:
    """Edit the whole document of a draft, or send a file in its place."""
    draft = find(draft_id)
    if request.method != "POST":
        initial = {"document": draft.document, "seen": draft.sha256}
        return _document_page(request, draft, DocumentForm(initial=initial))
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        given = form.cleaned_data
        with shown_on(form, field="document"):
            drafts.save_document(
                draft=draft, document=given["document"], seen=given["seen"], by=request.actor
            )
            messages.success(request, "The draft was saved.")
            return redirect("officer_draft", draft_id)
    return _document_page(request, draft, form, status=422)


@officer_view()
def download(request: OfficerRequest, draft_id: str) -> HttpResponse:
    """Send the document as a file."""
    draft = find(draft_id)
    headers = {"Content-Disposition": f'attachment; filename="{draft.public_id}.toml"'}
    return HttpResponse(draft.document, content_type="application/toml", headers=headers)


@officer_view(methods=("POST",))
def act(request: OfficerRequest, draft_id: str, what: str) -> HttpResponse:
    """Take one step with a draft: simulate, propose, bring up to date, or give it up."""
    steps = {"simulate": _simulate, "propose": _propose, "rebase": _rebase, "discard": _discard}
    if what not in steps:
        raise NotFound()
    return steps[what](request, find(draft_id))


def find(draft_id: str) -> PolicyProposal:
    """Return a draft or proposal.

    Raises:
        NotFound: There is no such one.
    """
    found = PolicyProposal.objects.filter(pk=parse_public_id(PolicyProposal.PREFIX, draft_id)).first()
    if found is None:
        raise NotFound()
    return found


def rows(request: OfficerRequest) -> list[dict[str, Any]]:
    """Return all drafts, the last changed first."""
    found = list(PolicyProposal.objects.drafts())
    names = casefile.people({row.proposed_by for row in found})
    return [
        {
            "draft": row,
            "url": reverse("officer_draft", args=[row.public_id]),
            "by": names.get(row.proposed_by, row.proposed_by),
            "mine": row.proposed_by == request.actor.id,
        }
        for row in found
    ]


def _simulate(request: OfficerRequest, draft: PolicyProposal) -> HttpResponse:
    asked = simulations.request(draft=draft, by=request.actor)
    client.wake_simulations()
    return redirect("officer_simulation", asked.public_id)


def _propose(request: OfficerRequest, draft: PolicyProposal) -> HttpResponse:
    seen = request.POST.get("sha256", "")
    made = proposals.submit(proposal=draft, sha256=seen, by=request.actor)
    if made.published:
        messages.success(
            request, f"{made.published} is in force. Another officer ratifies it within 72 hours."
        )
        return redirect("officer_policy", made.published.public_id)
    messages.success(request, "Proposed, with your signature. Another officer has to countersign it.")
    return redirect("officer_proposal", made.public_id)


def _rebase(request: OfficerRequest, draft: PolicyProposal) -> HttpResponse:
    row = drafts.rebase(draft=draft, by=request.actor)
    messages.success(request, f"The draft builds on {row.based_on} now. Look through it again.")
    return redirect("officer_draft", draft.public_id)


def _discard(request: OfficerRequest, draft: PolicyProposal) -> HttpResponse:
    drafts.discard(draft=draft, by=request.actor)
    messages.success(request, "The draft was given up.")
    return redirect("officer_policies")


def _page(request: OfficerRequest, draft: PolicyProposal) -> HttpResponse:
    if draft.status not in EDITABLE:
        return redirect("officer_proposal", draft.public_id)
    following = policies.next_of(PolicyEpoch.objects.get().pack)
    context = {
        "draft": draft,
        "following": following,
        "mine": draft.proposed_by == request.actor.id,
        "by": casefile.people({draft.proposed_by}).get(draft.proposed_by, draft.proposed_by),
        "simulation": simulations.newest_of(draft.sha256),
        "reasons": ReasonsForm(initial={"reasons": draft.reasons}, hint=_WHY),
    }
    try:
        version = drafts.read(draft, following)
    except DomainError as error:
        context |= {"problem": error.sentence, "outdated": error.code == "number_taken"}
        return office_page(request, "officer/draft.html", context)
    return office_page(request, "officer/draft.html", context | _contents(draft, version, following))


def _contents(draft: PolicyProposal, version: PolicyVersion, following: policies.Next) -> dict[str, Any]:
    found = difference(following.base, version)
    state = {rule.id: "changed" for _, rule in found.changed} | {rule.id: "added" for rule in found.added}
    looser = drafts.loosens(draft, following)
    held = [rule for rule in version.rules if rule.id != PLATFORM_STOP]
    return {
        "rules": [policy_words.short_row(rule, state.get(rule.id, "")) for rule in held],
        "removed": [policy_words.short_row(rule, "removed") for rule in found.removed],
        "changes": policy_words.changes(following.base, version),
        "loosenings": looser,
        "can_propose": not found.is_empty and (not looser or draft.status == ProposalStatus.SIMULATED),
    }


def _document_page(
    request: OfficerRequest, draft: PolicyProposal, form: DocumentForm, *, status: int = 200
) -> HttpResponse:
    context = {"draft": draft, "form": form, "mine": draft.proposed_by == request.actor.id}
    return office_page(request, "officer/draft_document.html", context, status=status)
