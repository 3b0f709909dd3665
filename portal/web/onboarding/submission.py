"""Check answers, declare, and follow what became of an application."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.actions import onboarding
from compliance.adverse import AdverseDecision, adverse
from compliance.answers import declaration_of
from compliance.models import Application, Case, CaseMessage, Determination, Evidence
from compliance.models.cases import CaseStatus
from compliance.models.onboarding import OPEN, ApplicationKind, ApplicationStatus
from compliance.paths import missing, questions_of
from compliance.questions import Question
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.common.errors import InvalidInput, NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.access import get_or_404
from portal.tenancy.models import User
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import DeclarationForm, ReplyForm
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding import prechecks
from portal.web.onboarding.answers import asked_groups, carried_groups
from portal.web.onboarding.applications import address_of, is_writable, own_application, status_of
from portal.web.onboarding.documents import document_rows

_INTERNAL = frozenset({"case.noted", "case.recommended", "case.countersigned", "case.returned"})
_OWN = ("application.", "case.answered")
_NEXT = {
    ApplicationStatus.DRAFT: "Finish the tasks and submit the application.",
    ApplicationStatus.SUBMITTED: "Officers are looking at it. There is nothing you have to do.",
    ApplicationStatus.INFO_REQUESTED: "An officer asked you something. Answer below, and the review goes on.",
    ApplicationStatus.DECIDED: "It was decided. Read the determination below.",
    ApplicationStatus.WITHDRAWN: "It was withdrawn. You can apply again.",
    ApplicationStatus.LAPSED: "It lapsed, because it was not finished in time. You can apply again.",
}


@member_view(scoped=False)
def check(request: MemberRequest, application_id: str) -> HttpResponse:
    """Show every answer with a link to change it, and the declaration."""
    return _check_page(request, own_application(request, application_id), DeclarationForm())


@member_view(methods=("POST",), scoped=False)
def submit(request: MemberRequest, application_id: str) -> HttpResponse:
    """Declare the answers true and submit."""
    application = own_application(request, application_id)
    form = DeclarationForm(request.POST)
    if not form.is_valid():
        return _check_page(request, application, form, status=422)
    try:
        onboarding.submit(application=application, by=request.actor)
    except InvalidInput as error:
        return _check_page(request, application, form, status=422, lacking=error.detail.get("fields", ()))
    messages.success(request, "Your application was submitted.")
    return redirect("onboarding_status", application.public_id)


def _check_page(
    request: MemberRequest,
    application: Application,
    form: DeclarationForm,
    *,
    status: int = 200,
    lacking: Any = (),
) -> HttpResponse:
    with tenant_scope(application.organization_id):
        documents = Evidence.objects.filter(application=application).order_by("received_at")
        writable = is_writable(request, application)
        asked = questions_of(application.kind)
        context = {
            "application": application,
            "status": status_of(application),
            "groups": asked_groups(application, writable=writable),
            "carried": carried_groups(application),
            "documents": document_rows(documents),
            "digest": declaration_of(application),
            "form": form,
            "errors": [_missing_link(asked[name], application) for name in lacking],
            "ready": not missing(application),
            "anew": application.kind == ApplicationKind.RECERTIFICATION,
            "writable": writable,
            **prechecks.panel(application),
        }
        return render(request, "tenant/onboarding/check.html", context, status=status)


def _missing_link(question: Question, application: Application) -> dict[str, str]:
    return {"text": f"Answer: {question.text}", "url": f"{address_of(question, application)}?from=check"}


@member_view(scoped=False)
def status(request: MemberRequest, application_id: str) -> HttpResponse:
    """Show where an application stands, what happened, and what the officer asks."""
    return _status_page(request, own_application(request, application_id), ReplyForm())


def _status_page(
    request: MemberRequest, application: Application, form: ReplyForm, *, status: int = 200
) -> HttpResponse:
    with tenant_scope(application.organization_id):
        case = Case.objects.filter(application=application).order_by("-opened_at").first()
        context = {
            "application": application,
            "status": status_of(application),
            "against": _against(application),
            "case": case,
            "asked": _is_asked(case) and is_writable(request, application),
            "conversation": _conversation(case),
            "determination": _determination(case),
            "events": _events(application, case),
            "next_step": _NEXT[ApplicationStatus(status_of(application))],
            "writable": is_writable(request, application),
            "withdrawable": status_of(application) in OPEN and request.actor.may(Permission.APPLY),
            "form": form,
        }
        return render(request, "tenant/onboarding/status.html", context, status=status)


@member_view(methods=("POST",), scoped=False)
def reply(request: MemberRequest, application_id: str) -> HttpResponse:
    """Answer the officer's question."""
    application = own_application(request, application_id)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _status_page(request, application, form, status=422)
    with tenant_scope(request.organization):
        case = Case.objects.filter(application=application).order_by("-opened_at").first()
    if case is None:
        raise NotFound()
    onboarding.answer_question(case=case, body=form.cleaned_data["body"], by=request.actor)
    messages.success(request, "Your answer was sent. The review goes on.")
    return redirect("onboarding_status", application.public_id)


@member_view(methods=("GET", "POST"), scoped=False)
def withdraw(request: MemberRequest, application_id: str) -> HttpResponse:
    """Ask once more, then withdraw."""
    application = get_or_404(Application, request.actor, application_id, "organization")
    if request.method != "POST":
        return render(request, "tenant/onboarding/withdraw.html", {"application": application})
    onboarding.withdraw(application=application, by=request.actor)
    messages.success(request, f"Application {application.reference} was withdrawn.")
    return redirect("onboarding")


def _is_asked(case: Case | None) -> bool:
    return case is not None and case.status == CaseStatus.AWAITING_TENANT


def _against(application: Application) -> AdverseDecision | None:
    """Return the decision that an appeal is against. In scope."""
    if not application.against:
        return None
    return next((one for one in adverse(application.organization) if one.id == application.against), None)


def _conversation(case: Case | None) -> list[dict[str, Any]]:
    """Return what officers and members said to each other, newest first; internal notes stay inside."""
    if case is None:
        return []
    said = CaseMessage.objects.filter(case=case, internal=False).order_by("-written_at", "-pk")
    return [
        {
            "at": message.written_at,
            "title": "The officer asked" if message.is_question else "Your organization answered",
            "text": message.body,
            "actor": "" if message.is_question else message.author_label,
        }
        for message in said
    ]


def _determination(case: Case | None) -> Determination | None:
    if case is None:
        return None
    newest: Determination | None = Determination.objects.filter(case=case).order_by("-decided_at").first()
    return newest


def _events(application: Application, case: Case | None) -> list[dict[str, Any]]:
    """Return what happened to the application and its case, officers unnamed."""
    targets = [application.public_id, *([case.public_id] if case else [])]
    internal = {"case.noted", "case.recommended", "case.countersigned", "case.returned"}
    rows = list(Event.objects.filter(target__in=targets).exclude(verb__in=internal).order_by("-id")[:50])
    own = {
        row.actor
        for row in rows
        if row.organization and row.verb.startswith(("application.", "case.answered"))
    }
    names = _names(own)
    return [
        {"at": row.at, "title": VERBS[row.verb].sentence, "actor": names.get(row.actor, "")} for row in rows
    ]


def _names(actors: set[str]) -> dict[str, str]:
    keys = [parse_public_id(User.PREFIX, actor) for actor in actors if actor.startswith(f"{User.PREFIX}_")]
    return {user.public_id: str(user) for user in User.objects.filter(pk__in=keys)}
