"""What if: change a fact of a requested line and see which rules flip. Nothing is stored."""

from __future__ import annotations

from django.http import HttpResponse

from compliance.policy.evaluate import evaluate
from compliance.precheck import Preview, preview
from compliance.standing import lineage_in_force
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.web.forms.whatif import WhatIfForm
from portal.web.officer import casefile
from portal.web.officer.cases import find
from portal.web.officer.evaluations import evaluations, flips, preview_row
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.supposing import granted, initial_of, supposed
from portal.web.onboarding.prechecks import tags_of


@officer_view()
def what_if(request: OfficerRequest, case_id: str, number: int) -> HttpResponse:
    """Show a requested line as declared and as supposed, and the rules that differ.

    Raises:
        NotFound: The case asks for no such line.
    """
    case = find(case_id, request.actor)
    lines = casefile.previews(casefile.application_of(case))
    if number >= len(lines):
        raise NotFound()
    before = lines[number]
    form = WhatIfForm(request.GET or None, initial=initial_of(before.facts))
    context = {"case": case, "number": number, "line": preview_row(number, before), "form": form}
    if request.GET and form.is_valid():
        after = after_of(before, form)
        context |= {
            "after": after,
            "after_tags": tags_of(after),
            "flips": flips(before.ruling, after.ruling),
            "evaluations": evaluations(after.ruling),
        }
    return office_page(request, "officer/what_if.html", context)


def after_of(before: Preview, form: WhatIfForm) -> Preview:
    """Return the line as supposed: as if granted, or with the grant that the form supposes."""
    at, lineage = form.moment or database_now(), lineage_in_force()
    facts = supposed(before.facts, form.cleaned_data, at)
    grant = form.cleaned_data["grant"]
    if grant == "supposed":
        return preview(facts, lineage, at=at)
    facts = granted(facts, grant, at)
    return Preview(facts, evaluate(facts, lineage, at=at, known_at=at), None, None)
