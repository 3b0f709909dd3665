"""Deciding a case: the determination form, carrying it out, and the second officer's vote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import decisions
from compliance.findings import Line
from compliance.models import Application, Case
from compliance.policy.rules import Kind
from compliance.policy.vocabulary import OrganizationType, Purpose
from compliance.precheck import Preview
from compliance.standing import lineage_in_force, standing
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, NotFound
from portal.tenancy.scope import officer_scope
from portal.web.forms.determination import FindingForm
from portal.web.forms.grant_lines import LineForm, line_initial
from portal.web.forms.officer import VoteForm
from portal.web.officer import casefile, special
from portal.web.officer.cases import fetch, find
from portal.web.officer.evaluations import preview_row
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.onboarding.standing import lines


@officer_view(methods=("GET", "POST"))
def determine(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Fill in the determination and recommend it."""
    if request.method != "POST":
        return _page(request, case_id)
    with officer_scope():
        case = find(case_id, request.actor)
        form, rows = _forms(case, request.POST)
    granted = [row["form"] for row in rows if row["form"].is_valid() and row["form"].is_granted]
    if not form.is_valid() or not all(row["form"].is_valid() for row in rows):
        return _again(request, case_id, form, rows)
    try:
        decisions.recommend(case=case, finding=form.finding(_lines(granted)), by=request.actor)
    except InvalidInput as error:
        form.add_error(None, error.sentence)
        return _again(request, case_id, form, rows)
    messages.success(request, "Your recommendation was recorded.")
    return redirect("officer_case", case_id)


@officer_view(methods=("POST",))
def carry_out(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Record the determination, where one officer is enough."""
    decisions.determine(case=fetch(case_id), by=request.actor)
    messages.success(request, "The determination was recorded.")
    return redirect("officer_case", case_id)


@officer_view(methods=("GET", "POST"))
def countersign(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Let the drawn officer see facts and evaluation, vote, and then see the first officer's reasons.

    Raises:
        NotFound: To an officer who was not drawn, or when no vote is waited for.
    """
    if request.method != "POST":
        return _vote_page(request, case_id, VoteForm())
    form = VoteForm(request.POST)
    if not form.is_valid():
        with officer_scope():
            return _vote_page(request, case_id, form, status=422)
    given = form.cleaned_data
    decisions.countersign(case=fetch(case_id), vote=given["vote"], reasons=given["reasons"], by=request.actor)
    messages.success(request, "Your vote was recorded. The first officer's reasons are open to you now.")
    return redirect("officer_case", case_id)


def _lines(granted: list[LineForm]) -> list[Line]:
    return [form.line() for form in granted]


def _again(
    request: OfficerRequest, case_id: str, form: FindingForm, rows: list[dict[str, Any]]
) -> HttpResponse:
    with officer_scope():
        return _page(request, case_id, form=form, rows=rows, status=422)


def _page(
    request: OfficerRequest,
    case_id: str,
    *,
    form: FindingForm | None = None,
    rows: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    case = find(case_id, request.actor)
    if form is None or rows is None:
        form, rows = _forms(case, None)
    application = casefile.application_of(case)
    context = {
        "case": case,
        "form": form,
        "lines": rows,
        "in_force": lines(standing(case.organization)),
        "errors": [_line_error(row) for row in rows if row["form"].is_bound and row["form"].errors],
        "unregistered": [
            body for body in casefile.named_bodies(application, case.organization) if body["entry"] is None
        ],
    }
    return office_page(request, "officer/determine.html", context, status=status)


def _line_error(row: Mapping[str, Any]) -> dict[str, str]:
    name, errors = next(iter(row["form"].errors.items()))
    field = row["form"][name]
    return {"text": f"{row['purpose']} for {row['end_user']}: {errors[0]}", "url": f"#{field.auto_id}"}


def _forms(case: Case, data: Any) -> tuple[FindingForm, list[dict[str, Any]]]:
    """Return the form of the finding and one for each line that can be granted. In scope."""
    application = casefile.application_of(case)
    form = FindingForm(casefile.verified(case), data, initial=_initial(application))
    exemptions, registered = _exemptions(), _registered(case, application)
    kept = casefile.kept_grants(application)
    recipients = dict.fromkeys((entry.party_id, entry.name) for _, entry in registered)
    rows = [
        {
            **preview_row(number, one),
            "form": LineForm(
                Purpose(str(one.facts.purpose)),
                str(entry.pk),
                exemptions,
                recipients,
                data,
                prefix=f"line-{number}",
                initial=line_initial(kept.get((str(one.facts.purpose), entry.pk))),
            ),
        }
        for number, (one, entry) in enumerate(registered)
    ]
    return form, rows


def _registered(case: Case, application: Application | None) -> list[tuple[Preview, Any]]:
    """Return each previewed line whose end user is in the register, with that entry."""
    bodies = casefile.named_bodies(application, case.organization)
    entries = {
        (str(case.organization_id) if body["itself"] else f"named-{body['number']}"): body["entry"]
        for body in bodies
    }
    found = [
        (one, entries.get(str(getattr(one.facts.end_user, "id", ""))))
        for one in casefile.previews(application)
    ]
    return [(one, entry) for one, entry in found if entry is not None]


def _exemptions() -> list[str]:
    version = lineage_in_force().known_at(database_now())
    return [rule.id for rule in version.rules if rule.kind is Kind.EXEMPTION] if version else []


def _initial(application: Application | None) -> dict[str, Any]:
    """Return what was declared, for the officer to confirm or change; never an outcome."""
    answers = application.answers if application else {}
    return {
        "organization_type": answers.get("organization_type") or OrganizationType.OTHER.value,
        "legal_form": (answers.get("legal_form") or "")[:100],
        "establishment": answers.get("establishment") or [],
        "processing": answers.get("processing") or [],
        "subjects": answers.get("subjects") or [],
    }


def _vote_page(request: OfficerRequest, case_id: str, form: VoteForm, *, status: int = 200) -> HttpResponse:
    case = find(case_id, request.actor)
    drawn = case.second_officer_id == request.actor.user_id
    if not drawn or case.status not in casefile.WAITING_FOR_VOTES:
        raise NotFound()
    application = casefile.application_of(case)
    finding = casefile.recommended(case)
    context = {
        "case": case,
        "application": application,
        "groups": casefile.declared(application),
        "documents": casefile.documents(case),
        "checklist": casefile.checklist(case),
        "lines": [preview_row(number, one) for number, one in enumerate(casefile.previews(application))],
        "finding": finding,
        "finding_rows": casefile.finding_rows(finding),
        "conversation": casefile.conversation(case),
        **special.context_of(case, request, {}),
        "form": form,
    }
    return office_page(request, "officer/countersign.html", context, status=status)
