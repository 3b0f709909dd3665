"""What the office told the organization: measures, legal demands, breaches, persons' requests, decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.actions import onboarding, person_requests
from compliance.adverse import adverse
from compliance.models import Breach, Case, CaseMessage, LegalDemand, Measure
from compliance.models.breaches import BreachStep
from compliance.models.cases import CaseKind, CaseStatus
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.officer import MessageForm
from portal.web.guards import MemberRequest, member_view
from portal.web.names import OFFICE

MOST = 25
KINDS = (CaseKind.INCIDENT, CaseKind.LEGAL_DEMAND, CaseKind.BREACH, CaseKind.PERSON_REQUEST)
_REPLY = ("Your answer", "The office reads it.")
_ANSWERS: dict[str, Callable[..., CaseMessage]] = {CaseKind.PERSON_REQUEST: person_requests.reply}
_NEEDED: dict[str, Permission] = {CaseKind.PERSON_REQUEST: Permission.ERASE}


@member_view()
def index(request: MemberRequest) -> HttpResponse:
    """List what an organization was told, and the decisions it can appeal."""
    cases = Case.objects.filter(kind__in=KINDS).order_by("-opened_at", "-pk")[:MOST]
    context = {
        "measures": Measure.objects.standing().select_related("case")[:MOST],
        "cases": list(cases),
        "decisions": adverse(request.organization),
        "may_apply": request.actor.may(Permission.APPLY),
    }
    return render(request, "tenant/notices/index.html", context)


@member_view(methods=("GET", "POST"), scoped=False)
def notice(request: MemberRequest, case_id: str) -> HttpResponse:
    """Show one case the organization was told of; answer a person's request."""
    if request.method != "POST":
        return _page(request, case_id, MessageForm(*_REPLY))
    form = MessageForm(*_REPLY, request.POST)
    if form.is_valid():
        case = get_or_404(Case, request.actor, case_id)
        with shown_on(form):
            answer = _ANSWERS.get(case.kind, onboarding.answer_question)
            answer(case=case, body=form.cleaned_data["body"], by=request.actor)
            return redirect("notice", case_id)
    return _page(request, case_id, form, status=422)


def _page(request: MemberRequest, case_id: str, form: MessageForm, *, status: int = 200) -> HttpResponse:
    with tenant_scope(request.organization):
        case = get_or_404(Case, request.actor, case_id)
        asked = case.status == CaseStatus.AWAITING_TENANT
        breach = Breach.objects.filter(case=case).first()
        context = {
            "case": case,
            "measure": Measure.objects.filter(case=case).first(),
            "demand": LegalDemand.objects.filter(case=case).first(),
            "breach": breach,
            "steps": _steps(breach),
            "conversation": _conversation(case),
            "can_reply": asked and request.actor.may(_NEEDED.get(case.kind, Permission.APPLY)),
            "asked": asked,
            "form": form,
        }
        return render(request, "tenant/notices/notice.html", context, status=status)


def _steps(breach: Breach | None) -> list[dict[str, Any]]:
    if breach is None:
        return []
    taken = {one.step: one for one in breach.actions.all()}
    return [{"label": step.label, "action": taken.get(step)} for step in BreachStep]


def _conversation(case: Case) -> list[dict[str, Any]]:
    said = CaseMessage.objects.filter(case=case, internal=False).order_by("-written_at", "-pk")
    return [
        {
            "at": one.written_at,
            "title": "The office asked" if one.is_question else "Written",
            "text": one.body,
            "actor": one.author_label if not one.is_question else OFFICE,
        }
        for one in said
    ]
