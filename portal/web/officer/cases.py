"""One case: its page, and the steps an officer takes on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from compliance.actions import cases, decisions, documents, end_users
from compliance.impartiality import require_reader
from compliance.models import Case, Evidence, Letter
from compliance.models.cases import ENDED, CaseKind, CaseStatus
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope
from portal.web.forms.officer import (
    MessageForm,
    RecuseForm,
    ReferralForm,
    RegisterForm,
    RejectForm,
    ReopenForm,
    VerifyForm,
)
from portal.web.forms.wording import kind_label
from portal.web.officer import casefile, special
from portal.web.officer.evaluations import preview_row
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.onboarding.documents import hand_out
from recognition.actions import referrals

_S = CaseStatus
_REFERRALS = frozenset({CaseKind.REFERRAL, CaseKind.NO_RULE})
_NEXT = {
    _S.NEW: "Nobody works on it yet. Have an officer drawn.",
    _S.TRIAGED: "Have an officer drawn.",
    _S.REOPENED: "It was reopened. Have an officer drawn.",
    _S.ASSIGNED: "The officer drawn begins the review.",
    _S.UNDER_REVIEW: "Verify the evidence, answer the checklist, ask what is missing, then recommend.",
    _S.AWAITING_TENANT: "The organization was asked and has to answer.",
    _S.RECOMMENDED: "One officer is enough. The recommendation can be carried out.",
    _S.AWAITING_COUNTERSIGN: "A second officer was drawn and has to vote.",
    _S.THIRD_VOTE: "Two officers disagree. A third was drawn and has to vote.",
    _S.DECIDED: "It was decided. It can be closed.",
    _S.CLOSED: "It is closed.",
    _S.WITHDRAWN: "The organization withdrew it.",
    _S.RETURNED: "It went back to the first officer.",
}


@officer_view()
def case_page(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Show a case: facts, evidence, evaluation rule by rule, votes and history."""
    return page(request, case_id)


def page(
    request: OfficerRequest, case_id: str, forms: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render the page of a case, with forms that were sent and have errors. In scope."""
    case = find(case_id, request.actor)
    application = casefile.application_of(case)
    finding = casefile.recommended(case)
    context = {
        "case": case,
        "application": application,
        "groups": casefile.declared(application),
        "documents": casefile.documents(case),
        "checklist": casefile.checklist(case),
        "bodies": casefile.named_bodies(application, case.organization),
        "lines": [preview_row(number, one) for number, one in enumerate(casefile.previews(application))],
        "letters": list(Letter.objects.filter(about=case.public_id).newest_first()),
        "conversation": casefile.conversation(case),
        "votes": casefile.votes(case, request.actor),
        "finding": finding,
        "finding_rows": casefile.finding_rows(finding),
        "determinations": casefile.determinations(case.organization),
        "events": casefile.events([case.public_id, *([application.public_id] if application else [])]),
        "next_step": special.next_step(case) or _NEXT[CaseStatus(case.status)],
        **_may(case, request, applied=application is not None),
        **special.context_of(case, request, forms or {}, applied=application is not None),
        **_forms(forms or {}),
    }
    return office_page(request, "officer/case.html", context, status=status)


def find(case_id: str, by: Actor) -> Case:
    """Return a case by its public id, for an officer who may look into it. In scope.

    Raises:
        Refused: `own_organization` or `recused`.
    """
    case = _find(case_id)
    require_reader(case, by)
    return case


def _find(case_id: str) -> Case:
    rows = Case.objects.select_related("organization", "assigned_to", "second_officer")
    case: Case = rows.with_public_id(case_id)
    return case


def fetch(case_id: str) -> Case:
    """Return a case by its public id, for a step that opens its own scope."""
    with officer_scope():
        return _find(case_id)


def _may(case: Case, request: OfficerRequest, *, applied: bool) -> dict[str, bool]:
    """Return which steps this officer can take now; the actions check it all again."""
    mine = case.assigned_to_id == request.actor.user_id
    second = case.second_officer_id == request.actor.user_id
    referral, urgent = case.kind in _REFERRALS, case.kind == CaseKind.URGENT
    reviewing = mine and case.status == _S.UNDER_REVIEW
    return {
        "can_assign": case.status in {_S.NEW, _S.TRIAGED, _S.REOPENED},
        "can_begin": mine and case.status == _S.ASSIGNED and not urgent,
        "can_ask": reviewing and not case.confidential,
        "can_note": case.status not in ENDED,
        "can_determine": reviewing and special.is_determined(case, applied=applied),
        "can_refer": reviewing and referral,
        "can_carry_out": mine and case.status == _S.RECOMMENDED,
        "can_vote": second and case.status in casefile.WAITING_FOR_VOTES and not urgent,
        "can_close": case.status == _S.DECIDED,
        "can_reopen": case.status in {_S.DECIDED, _S.CLOSED},
        "can_recuse": (mine or second) and case.status not in ENDED,
        "can_verify": case.status not in ENDED,
    }


def _forms(sent: dict[str, Any]) -> dict[str, Any]:
    forms = {
        "ask_form": MessageForm("Question", "The organization reads it at once.", prefix="ask"),
        "note_form": MessageForm("Note", "Officers only; the organization never sees it.", prefix="note"),
        "referral_form": ReferralForm(prefix="referral"),
        "recuse_form": RecuseForm(prefix="recuse"),
        "reopen_form": ReopenForm(prefix="reopen"),
    }
    return {**forms, **sent}


def again(request: OfficerRequest, case_id: str, name: str, form: Any) -> HttpResponse:
    """Render the page of a case again, with a form that has errors."""
    with officer_scope():
        return page(request, case_id, {name: form, "form": form}, status=422)


@officer_view(methods=("POST",))
def assign(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Have an officer drawn."""
    case = cases.assign(case=fetch(case_id), by=request.actor)
    messages.success(request, f"{case.assigned_to} was drawn.")
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def begin(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Begin the review."""
    cases.begin_review(case=fetch(case_id), by=request.actor)
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def ask(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Ask the organization."""
    form = MessageForm("Question", "The organization reads it at once.", request.POST, prefix="ask")
    if not form.is_valid():
        return again(request, case_id, "ask_form", form)
    cases.ask(case=fetch(case_id), body=form.cleaned_data["body"], by=request.actor)
    messages.success(request, "The question was sent.")
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def note(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Write an internal note."""
    form = MessageForm("Note", "Officers only; the organization never sees it.", request.POST, prefix="note")
    if not form.is_valid():
        return again(request, case_id, "note_form", form)
    cases.note(case=fetch(case_id), body=form.cleaned_data["body"], by=request.actor)
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def refer(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Decide on one referred request."""
    form = ReferralForm(request.POST, prefix="referral")
    if not form.is_valid():
        return again(request, case_id, "referral_form", form)
    approve = form.cleaned_data["decision"] == decisions.APPROVE
    reasons = form.cleaned_data["reasons"]
    referrals.decide(case=fetch(case_id), approve=approve, reasons=reasons, by=request.actor)
    messages.success(request, "The decision was recorded.")
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def close(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Close a decided case."""
    cases.close(case=fetch(case_id), by=request.actor)
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def register(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Enter a named end user in the register, with the type the officer found."""
    case = fetch(case_id)
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return again(request, case_id, "register_form", form)
    given = form.cleaned_data
    if "itself" in request.POST:
        end_users.itself(case.organization, given["organization_type"], by=request.actor)
    else:
        end_users.register(**given, by=request.actor, synthetic=case.organization.synthetic)
    messages.success(request, f"{given['name']} is in the register.")
    return redirect("officer_case", case_id)


@officer_view(scoped=False)
def open_evidence(request: OfficerRequest, evidence_id: str) -> HttpResponseBase:
    """Hand out a sealed document to an officer who has no part in the organization; it is recorded."""
    return hand_out(documents.open_for_officer(evidence=_evidence(evidence_id), by=request.actor))


@officer_view(methods=("GET", "POST"))
def judge_evidence(request: OfficerRequest, case_id: str, evidence_id: str) -> HttpResponse:
    """Verify or reject one document."""
    if request.method != "POST":
        return _evidence_page(request, case_id, evidence_id, VerifyForm(), RejectForm())
    rejecting = "reject" in request.POST
    verify = VerifyForm(None if rejecting else request.POST)
    reject = RejectForm(request.POST if rejecting else None)
    form = reject if rejecting else verify
    if not form.is_valid():
        with officer_scope():
            return _evidence_page(request, case_id, evidence_id, verify, reject, form=form, status=422)
    _judge(request, evidence_id, form)
    return redirect("officer_case", case_id)


def _judge(request: OfficerRequest, evidence_id: str, form: VerifyForm | RejectForm) -> None:
    evidence = _evidence(evidence_id)
    if isinstance(form, RejectForm):
        documents.reject(evidence=evidence, reason=form.cleaned_data["reason"], by=request.actor)
        messages.success(request, f"{evidence.name} was rejected.")
    else:
        documents.verify(evidence=evidence, expires_at=form.expires_at, by=request.actor)
        messages.success(request, f"{evidence.name} was verified.")


def _evidence_page(
    request: OfficerRequest,
    case_id: str,
    evidence_id: str,
    verify: VerifyForm,
    reject: RejectForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    case, evidence = find(case_id, request.actor), _row(evidence_id)
    if evidence.organization_id != case.organization_id:
        raise NotFound()
    if not verify.is_bound and evidence.expires_at:
        verify = VerifyForm(initial={"expires_on": evidence.expires_at.date()})
    context = {
        "case": case,
        "evidence": evidence,
        "status": evidence.status_at(database_now()),
        "kind": kind_label(evidence.kind),
        "verify_form": verify,
        "reject_form": reject,
        **more,
    }
    return office_page(request, "officer/evidence.html", context, status=status)


def _evidence(evidence_id: str) -> Evidence:
    with officer_scope():
        return _row(evidence_id)


def _row(evidence_id: str) -> Evidence:
    row: Evidence = Evidence.objects.select_related("organization").with_public_id(evidence_id)
    return row
