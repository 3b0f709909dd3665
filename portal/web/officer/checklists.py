"""The checklist of a case: what has to be seen of an organization of this type, and what was."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import checklists
from compliance.checklists import items_for
from compliance.models import Case, ChecklistAnswer
from compliance.models.cases import CaseStatus
from compliance.policy.vocabulary import OrganizationType
from portal.tenancy.scope import officer_scope
from portal.web.forms.checklist import ItemForm, TypeForm
from portal.web.officer import casefile
from portal.web.officer.cases import fetch, find
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def checklist(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Show the checklist of a type, and record what was found."""
    if request.method != "POST":
        return _page(request, find(case_id, request.actor))
    with officer_scope():
        case = find(case_id, request.actor)
        forms = [row["form"] for row in _rows(case, _type(request, case), request.POST)]
    if not all(form.is_valid() for form in forms):
        with officer_scope():
            return _page(request, case, status=422)
    answers = [form.answer() for form in forms if form.is_answered]
    made = checklists.answer(case=fetch(case_id), answers=answers, by=request.actor)
    messages.success(request, f"{len(made)} answer{'' if len(made) == 1 else 's'} recorded.")
    return redirect("officer_case", case_id)


def _type(request: OfficerRequest, case: Case) -> OrganizationType:
    form = TypeForm(request.GET)
    chosen = form.cleaned_data["type"] if form.is_valid() else ""
    return OrganizationType(chosen) if chosen else casefile.declared_type(case)


def _rows(case: Case, kind: OrganizationType, data: Any) -> list[dict[str, Any]]:
    answers = ChecklistAnswer.objects.standing(case)
    return [
        {
            "item": item,
            "answer": answers.get(item.code),
            "form": ItemForm(item.code, answers.get(item.code), data, prefix=item.code),
        }
        for item in items_for(kind)
    ]


def _page(request: OfficerRequest, case: Case, *, status: int = 200) -> HttpResponse:
    kind = _type(request, case)
    rows = _rows(case, kind, request.POST if request.method == "POST" else None)
    mine = case.assigned_to_id == request.actor.user_id and case.status == CaseStatus.UNDER_REVIEW
    context = {
        "case": case,
        "rows": rows,
        "kind": kind,
        "type_form": TypeForm(initial={"type": kind}),
        "can_answer": mine,
        "errors": [_error(row) for row in rows if row["form"].is_bound and row["form"].errors],
    }
    return office_page(request, "officer/checklist.html", context, status=status)


def _error(row: dict[str, Any]) -> dict[str, str]:
    name, errors = next(iter(row["form"].errors.items()))
    return {"text": f"{row['item'].title}: {errors[0]}", "url": f"#{row['form'][name].auto_id}"}
