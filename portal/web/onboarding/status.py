"""What became of an application: its case, the officer's questions, what happened, what was decided."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.actions import onboarding
from compliance.models import Application, Case, CaseMessage, Determination, Letter
from compliance.models.cases import CaseStatus
from compliance.models.onboarding import OPEN, ApplicationStatus
from portal.audit.models import Event
from portal.audit.verbs import VERBS
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.access import get_or_404
from portal.tenancy.models import User
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import ReplyForm
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding import appeals
from portal.web.onboarding.applications import is_writable, own_application, status_of

# What an organization sees of its case: the steps that concern it, not how officers come to a decision.
_TOLD = frozenset(
    {
        "case.opened",
        "case.assigned",
        "case.asked",
        "case.answered",
        "case.decided",
        "case.closed",
        "case.withdrawn",
        "case.reopened",
    }
)
_AMONG_OFFICERS = frozenset(
    {CaseStatus.RECOMMENDED, CaseStatus.RETURNED, CaseStatus.AWAITING_COUNTERSIGN, CaseStatus.THIRD_VOTE}
)
_OWN = ("application.", "case.answered")
_DECLINED = "It was decided: nothing new is granted, and what was determined before stays."
_NEXT = {
    ApplicationStatus.DRAFT: "Finish the tasks and submit the application.",
    ApplicationStatus.SUBMITTED: "Officers are looking at it. There is nothing you have to do.",
    ApplicationStatus.INFO_REQUESTED: "An officer asked you something. Answer below, and the review goes on.",
    ApplicationStatus.DECIDED: "It was decided. Read the determination below.",
    ApplicationStatus.WITHDRAWN: "It was withdrawn. A new application keeps your answers.",
    ApplicationStatus.LAPSED: "It lapsed, because it was not finished in time. A new one keeps your answers.",
}


@member_view(scoped=False)
def status(request: MemberRequest, application_id: str) -> HttpResponse:
    """Show where an application stands, what happened, and what the officer asks."""
    return _status_page(request, own_application(request, application_id), ReplyForm())


def _status_page(
    request: MemberRequest, application: Application, form: ReplyForm, *, status: int = 200
) -> HttpResponse:
    with tenant_scope(application.organization_id):
        case = Case.objects.filter(application=application).order_by("-opened_at").first()
        determination = _determination(case)
        context = {
            "application": application,
            "status": status_of(application),
            "against": appeals.against(application),
            "case": case,
            "case_status": _as_told(case),
            "asked": _is_asked(case) and is_writable(request, application),
            "conversation": _conversation(case),
            "determination": determination,
            "letters": _letters(request, application, case),
            "events": _events(application, case),
            "next_step": _next_step(application, determination),
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
    rows = list(Event.objects.filter(target=application.public_id).order_by("-id")[:50])
    if case:
        rows += Event.objects.filter(target=case.public_id, verb__in=_TOLD).order_by("-id")[:50]
    names = _names({row.actor for row in rows if row.verb.startswith(_OWN)})
    return [
        {"at": row.at, "title": VERBS[row.verb].sentence, "actor": names.get(row.actor, "")}
        for row in sorted(rows, key=lambda row: row.pk, reverse=True)
    ]


def _next_step(application: Application, determination: Determination | None) -> str:
    status = ApplicationStatus(status_of(application))
    declined = status == ApplicationStatus.DECIDED and determination is None
    return _DECLINED if declined else _NEXT[status]


def _as_told(case: Case | None) -> str:
    """Return the status of a case as the organization sees it: under review until it is decided."""
    if case is None:
        return ""
    return CaseStatus.UNDER_REVIEW if case.status in _AMONG_OFFICERS else case.status


def _letters(request: MemberRequest, application: Application, case: Case | None) -> list[Letter]:
    """Return the letters about it, one of each, to those who may read letters. In scope."""
    if not request.actor.may(Permission.VIEW_TRAIL):
        return []
    about = [application.public_id, *([case.public_id] if case else [])]
    rows = Letter.objects.filter(about__in=about).order_by("written_at", "pk")
    return list({(row.kind, row.written_at): row for row in rows}.values())


def _names(actors: set[str]) -> dict[str, str]:
    keys = [parse_public_id(User.PREFIX, actor) for actor in actors if actor.startswith(f"{User.PREFIX}_")]
    return {user.public_id: str(user) for user in User.objects.filter(pk__in=keys)}
