"""The scope builder: one rule of a draft at a time, shown at once as a plain sentence."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import drafts, policies
from compliance.models import PolicyEpoch, PolicyProposal
from compliance.policy.errors import PolicyError
from compliance.policy.rules import PolicyVersion, Rule
from portal.common.errors import Conflict, NotFound
from portal.web import policy_words
from portal.web.forms.rules import RuleForm, initial_of
from portal.web.officer.drafts import find
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def add(request: OfficerRequest, draft_id: str) -> HttpResponse:
    """Add a rule to a draft."""
    return _edit(request, find(draft_id), None)


@officer_view(methods=("GET", "POST"))
def change(request: OfficerRequest, draft_id: str, rule_id: str) -> HttpResponse:
    """Change a rule of a draft."""
    draft = find(draft_id)
    standing = next((rule for rule in _version(draft).rules if rule.id == rule_id), None)
    if standing is None:
        raise NotFound()
    return _edit(request, draft, standing)


@officer_view(methods=("POST",))
def drop(request: OfficerRequest, draft_id: str, rule_id: str) -> HttpResponse:
    """Leave a rule out of a draft."""
    drafts.drop_rule(
        draft=find(draft_id), rule_id=rule_id, seen=request.POST.get("seen", ""), by=request.actor
    )
    messages.success(request, f"{rule_id} is left out.")
    return redirect("officer_draft", draft_id)


@officer_view(methods=("POST",))
def restore(request: OfficerRequest, draft_id: str, rule_id: str) -> HttpResponse:
    """Put a rule back as it stands in the version in force."""
    drafts.restore_rule(
        draft=find(draft_id), rule_id=rule_id, seen=request.POST.get("seen", ""), by=request.actor
    )
    messages.success(request, f"{rule_id} is as it stands in the version in force.")
    return redirect("officer_draft", draft_id)


@officer_view(methods=("POST",))
def preview(request: OfficerRequest, draft_id: str) -> HttpResponse:
    """Say what the rule in the form does, or what is to be mended; nothing is stored."""
    draft = find(draft_id)
    form = RuleForm(_ids(draft), None, request.POST)
    rule = form.rule()
    context = {"spoken": policy_words.spoken(rule) if rule else "", "form": form}
    return office_page(request, "officer/_spoken.html", context)


def _edit(request: OfficerRequest, draft: PolicyProposal, standing: Rule | None) -> HttpResponse:
    if request.method != "POST":
        initial = {"seen": draft.sha256, **(initial_of(standing) if standing else {})}
        return _page(request, draft, standing, RuleForm(_ids(draft), standing, initial=initial))
    form = RuleForm(_ids(draft), standing, request.POST)
    rule = form.rule()
    if rule is None or "show" in request.POST:
        return _page(request, draft, standing, form, rule)
    return _saved(request, draft, standing, form, rule)


def _saved(
    request: OfficerRequest, draft: PolicyProposal, standing: Rule | None, form: RuleForm, rule: Rule
) -> HttpResponse:
    replaces = standing.id if standing else ""
    seen = form.cleaned_data["seen"]
    try:
        drafts.put_rule(draft=draft, rule=rule, replaces=replaces, seen=seen, by=request.actor)
    except PolicyError as error:
        form.show(error)
    except Conflict as error:
        form.add_error(None, error.sentence)
    else:
        messages.success(request, f"{rule.id} was saved in the draft.")
        return redirect("officer_draft", draft.public_id)
    return _page(request, draft, standing, form, rule)


def _page(
    request: OfficerRequest,
    draft: PolicyProposal,
    standing: Rule | None,
    form: RuleForm,
    rule: Rule | None = None,
) -> HttpResponse:
    told = rule or (None if form.is_bound else standing)
    context = {
        "draft": draft,
        "standing": standing,
        "form": form,
        "spoken": policy_words.spoken(told) if told else "",
        "mine": draft.proposed_by == request.actor.id,
    }
    return office_page(request, "officer/rule.html", context, status=422 if form.errors else 200)


def _ids(draft: PolicyProposal) -> list[str]:
    return [rule.id for rule in _version(draft).rules]


def _version(draft: PolicyProposal) -> PolicyVersion:
    following = policies.next_of(PolicyEpoch.objects.get().pack)
    return drafts.read(draft, following)
