"""A second look: what the officers saw, without what they decided, and one's own answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import second_looks
from compliance.models import SecondLook
from portal.common.errors import NotFound
from portal.tenancy.scope import officer_scope
from portal.web.forms.officer import SecondLookForm
from portal.web.officer import casefile
from portal.web.officer.evaluations import preview_row
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("GET", "POST"))
def look(request: OfficerRequest, look_id: str) -> HttpResponse:
    """Show what was declared and seen, and take the answer; then show what was decided.

    Raises:
        NotFound: To an officer who was not drawn.
    """
    if request.method != "POST":
        return _page(request, look_id, SecondLookForm())
    form = SecondLookForm(request.POST)
    with officer_scope():
        found = _find(request, look_id)
        if not form.is_valid():
            return _page(request, look_id, form, status=422)
    made = second_looks.judge(look=found, **form.cleaned_data, by=request.actor)
    said = "Both found the same." if made.agrees else "You found differently; a case is open about it."
    messages.success(request, f"Your answer was recorded. {said}")
    return redirect("officer_case", found.case.public_id)


def _page(request: OfficerRequest, look_id: str, form: SecondLookForm, *, status: int = 200) -> HttpResponse:
    found = _find(request, look_id)
    case = found.case
    application = casefile.application_of(case)
    context = {
        "look": found,
        "application": application,
        "case": case,
        "groups": casefile.declared(application),
        "documents": casefile.documents(case),
        "checklist": casefile.checklist(case),
        "lines": [preview_row(number, one) for number, one in enumerate(casefile.previews(application))],
        "form": form,
    }
    return office_page(request, "officer/second_look.html", context, status=status)


def _find(request: OfficerRequest, look_id: str) -> SecondLook:
    rows = SecondLook.objects.select_related("case__organization", "case__application", "determination")
    found: SecondLook = rows.with_public_id(look_id)
    if found.officer_id != request.actor.user_id:
        raise NotFound()
    return found
