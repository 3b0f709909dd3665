"""Incidents: what was sent from outside, what waits for a second officer, what is looked into."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import incidents, intakes
from compliance.models import Case, Intake, Measure
from compliance.models.cases import CaseKind
from compliance.models.measures import MeasureStatus
from portal.common.clock import database_now
from portal.tenancy.scope import officer_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.special import AssignForm, DismissForm, IncidentForm
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.queue import case_rows

KINDS = (
    CaseKind.URGENT,
    CaseKind.URGENT_REVIEW,
    CaseKind.INCIDENT,
    CaseKind.MISUSE_REPORT,
    CaseKind.ALERT,
    CaseKind.BREACH,
    CaseKind.PERSON_REQUEST,
    CaseKind.LEGAL_DEMAND,
)
MOST = 100


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """List measures that wait for a second officer, what was sent from outside, and open cases."""
    now = database_now()
    measures = Measure.objects.select_related("organization", "case", "taken_by")
    cases = Case.objects.open().filter(kind__in=KINDS)
    related = ("organization", "application", "assigned_to", "second_officer")
    rows = list(cases.select_related(*related)[:MOST])
    context = {
        "now": now,
        "waiting": [_measure_row(one, now) for one in measures.waiting()[:MOST]],
        "objected": list(measures.filter(status=MeasureStatus.OBJECTED).order_by("taken_at")[:MOST]),
        "intakes": [_intake_row(one, now) for one in Intake.objects.waiting()[:MOST]],
        "rows": case_rows(rows, now),
        "open": cases.count(),
        "overdue": Measure.objects.overdue().count() + Case.objects.overdue().filter(kind__in=KINDS).count(),
    }
    return office_page(request, "officer/incidents.html", context)


@officer_view(methods=("GET", "POST"))
def new(request: OfficerRequest) -> HttpResponse:
    """Open the case of suspected misuse or a complaint."""
    if request.method != "POST":
        initial = {"organization": request.GET.get("organization", "")}
        return office_page(request, "officer/incident.html", {"form": IncidentForm(initial=initial)})
    form = IncidentForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        case = incidents.open_incident(
            organization=given["organization"],
            summary=given["summary"],
            details=given["details"],
            confidential=not given["shown"],
            by=request.actor,
        )
        messages.success(request, f"Case {case.reference} is open. Have an officer drawn.")
        return redirect("officer_case", case.public_id)
    with officer_scope():
        return office_page(request, "officer/incident.html", {"form": form}, status=422)


@officer_view(methods=("GET", "POST"))
def intake(request: OfficerRequest, intake_id: str) -> HttpResponse:
    """Show what was sent from outside; say which organization it is about, or put it aside."""
    if request.method != "POST":
        return _page(request, intake_id, AssignForm(), DismissForm())
    dismissing = "dismiss" in request.POST
    assign_form = AssignForm(None if dismissing else request.POST)
    dismiss_form = DismissForm(request.POST if dismissing else None)
    form = dismiss_form if dismissing else assign_form
    if form.is_valid():
        with shown_on(form):
            return _handle(request, intake_id, form)
    with officer_scope():
        return _page(request, intake_id, assign_form, dismiss_form, form=form, status=422)


def _handle(request: OfficerRequest, intake_id: str, form: AssignForm | DismissForm) -> HttpResponse:
    with officer_scope():
        sent = _find(intake_id)
    if isinstance(form, DismissForm):
        intakes.dismiss(intake=sent, reasons=form.cleaned_data["reasons"], by=request.actor)
        messages.success(request, f"{sent.reference} was put aside.")
        return redirect("officer_incidents")
    case = intakes.assign(intake=sent, organization=form.cleaned_data["organization"], by=request.actor)
    messages.success(request, f"Case {case.reference} is open. Have an officer drawn.")
    return redirect("officer_case", case.public_id)


def _page(
    request: OfficerRequest,
    intake_id: str,
    assign_form: AssignForm,
    dismiss_form: DismissForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    sent = _find(intake_id)
    context = {
        "intake": sent,
        "waits": not sent.case and not sent.dismissed_at,
        "assign_form": assign_form,
        "dismiss_form": dismiss_form,
        **more,
    }
    return office_page(request, "officer/intake.html", context, status=status)


def _find(intake_id: str) -> Intake:
    found: Intake = Intake.objects.select_related("organization").with_public_id(intake_id)
    return found


def _measure_row(measure: Measure, now: Any) -> dict[str, Any]:
    return {
        "measure": measure,
        "overdue": measure.due_at <= now,
        "seconds": abs((measure.due_at - now).total_seconds()),
    }


def _intake_row(sent: Intake, now: Any) -> dict[str, Any]:
    return {
        "intake": sent,
        "overdue": sent.due_at <= now,
        "seconds": abs((sent.due_at - now).total_seconds()),
    }
