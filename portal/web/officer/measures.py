"""Measures of one officer: taking them, and looking at them as the second."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import measures, revocations, suspensions
from compliance.impartiality import refuse_involved
from compliance.models import Case, Grant, Measure
from compliance.models.measures import MeasureStatus
from compliance.policy.vocabulary import MoratoriumStatus
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.special import ObjectionForm, ReasonsForm, RevokeForm
from portal.web.officer import casefile, organizations
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def shown(request: OfficerRequest, measure_id: str) -> HttpResponse:
    """Show a measure; ratify it, or object to it."""
    if request.method != "POST":
        return _page(request, measure_id, ObjectionForm())
    with officer_scope():
        measure = _find(measure_id)
    if "object" not in request.POST:
        measures.ratify(measure=measure, by=request.actor)
        messages.success(request, "Ratified, with your name.")
        return redirect("officer_incidents")
    form = ObjectionForm(request.POST)
    if form.is_valid():
        measures.object_to(measure=measure, reasons=form.cleaned_data["reasons"], by=request.actor)
        messages.success(request, "Your objection was recorded, and all officers are told.")
        return redirect("officer_case", measure.case.public_id)
    with officer_scope():
        return _page(request, measure_id, form, status=422)


@officer_view(methods=("POST",))
def suspend(request: OfficerRequest, organization_id: str) -> HttpResponse:
    """Stop an organization at once; a case opens in which it is heard."""
    return _stop(request, organization_id, "suspend", "suspended")


@officer_view(methods=("POST",))
def restrict(request: OfficerRequest, organization_id: str) -> HttpResponse:
    """Have an officer look at each request of an organization, from now on."""
    return _stop(request, organization_id, "restrict", "restricted")


@officer_view(methods=("GET", "POST"))
def revoke(request: OfficerRequest, grant_id: str) -> HttpResponse:
    """Take a grant or its exemption away at once."""
    if request.method != "POST":
        return _revoke_page(request, grant_id)
    with officer_scope():
        grant = _grant(grant_id)
    form = RevokeForm(_is_exempt(grant), request.POST)
    if form.is_valid():
        with shown_on(form):
            exemption = form.cleaned_data["what"] == "exemption"
            take = revocations.revoke_exemption if exemption else revocations.revoke_grant
            measure = take(grant=grant, reasons=form.cleaned_data["reasons"], by=request.actor)
            messages.success(
                request, f"{measure}. Whatever ran under it stops. Case {measure.case.reference}."
            )
            return redirect("officer_organization", grant.organization.public_id)
    with officer_scope():
        return _revoke_page(request, grant_id, form, status=422)


def _stop(request: OfficerRequest, organization_id: str, step: str, word: str) -> HttpResponse:
    organization = organizations.find(organization_id)
    form = ReasonsForm(request.POST, prefix=step)
    if form.is_valid():
        with shown_on(form):
            case = _take(step, organization, form.cleaned_data["reasons"], request)
            messages.success(
                request, f"{organization} is {word}. Another officer looks at it in case {case.reference}."
            )
            return redirect("officer_organization", organization_id)
    with officer_scope():
        return organizations.page(request, organization, {f"{step}_form": form, "form": form}, status=422)


def _take(step: str, organization: Organization, reasons: str, request: OfficerRequest) -> Case:
    take = suspensions.suspend if step == "suspend" else suspensions.restrict
    return take(organization=organization, reasons=reasons, by=request.actor, about=_about(request))


def _about(request: OfficerRequest) -> Case | None:
    """Return the case that led to it, where the form came from one."""
    case_id = request.POST.get("about", "")
    if not case_id:
        return None
    with officer_scope():
        case: Case = Case.objects.with_public_id(case_id)
    return case


def _page(
    request: OfficerRequest, measure_id: str, form: ObjectionForm, *, status: int = 200
) -> HttpResponse:
    measure = _find(measure_id)
    refuse_involved(measure.organization_id, request.actor.person)
    mine = measure.taken_by_id == request.actor.user_id
    waits = measure.status == MeasureStatus.UNRATIFIED
    context = {
        "measure": measure,
        "case": measure.case,
        "mine": mine and waits,
        "can_judge": waits and not mine,
        "conversation": casefile.conversation(measure.case),
        "events": casefile.events([measure.public_id]),
        "objection_form": form,
        "form": form,
    }
    return office_page(request, "officer/measure.html", context, status=status)


def _revoke_page(
    request: OfficerRequest, grant_id: str, form: RevokeForm | None = None, *, status: int = 200
) -> HttpResponse:
    grant = _grant(grant_id)
    refuse_involved(grant.organization_id, request.actor.person)
    context: dict[str, Any] = {"grant": grant, "form": form or RevokeForm(_is_exempt(grant))}
    return office_page(request, "officer/revoke.html", context, status=status)


def _is_exempt(grant: Grant) -> bool:
    return grant.moratorium_status == MoratoriumStatus.EXEMPT


def _find(measure_id: str) -> Measure:
    rows = Measure.objects.select_related("organization", "case", "taken_by", "judged_by")
    measure: Measure = rows.with_public_id(measure_id)
    return measure


def _grant(grant_id: str) -> Grant:
    grant: Grant = Grant.objects.select_related("organization", "end_user").with_public_id(grant_id)
    return grant
