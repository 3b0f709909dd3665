"""What if: change a fact of a requested line and see which rules flip. Nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse

from compliance.policy.facts import Facts, OrganizationFacts, Party
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import (
    ImageSource,
    OrganizationType,
    Purpose,
    Record,
    RequestedBy,
    SubjectClass,
)
from compliance.precheck import Preview, preview
from compliance.standing import lineage_in_force
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.web.forms.whatif import WhatIfForm
from portal.web.officer import casefile
from portal.web.officer.cases import find
from portal.web.officer.evaluations import evaluations, flips, preview_row
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
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
    form = WhatIfForm(request.GET or None, initial=_initial(before))
    context = {"case": case, "number": number, "line": preview_row(number, before), "form": form}
    if request.GET and form.is_valid():
        after = preview(supposed(before.facts, form.cleaned_data), lineage_in_force(), at=_moment(form))
        context |= {
            "after": after,
            "after_tags": tags_of(after),
            "flips": flips(before.ruling, after.ruling),
            "evaluations": evaluations(after.ruling),
        }
    return office_page(request, "officer/what_if.html", context)


def supposed(facts: Facts, given: dict[str, Any]) -> Facts:
    """Return the facts with what the form supposes; whoever was the applicant itself stays so."""
    kind, end_kind = OrganizationType(given["organization_type"]), OrganizationType(given["end_user_type"])
    itself = getattr(facts.end_user, "id", None) == facts.organization.id
    end_user = _party(facts.end_user, kind if itself else end_kind)
    return replace(
        facts,
        organization=OrganizationFacts(id=facts.organization.id, name=facts.organization.name, type=kind),
        key_operator=Party(id=facts.organization.id, name=facts.organization.name, type=kind),
        end_user=end_user,
        recipient=end_user,
        purpose=Purpose(given["purpose"]),
        requested_by=RequestedBy(given["requested_by"]),
        subject_class=SubjectClass(given["subject_class"]),
        case_reference="as given with each request" if given["case_reference"] else None,
        probe_source=ImageSource(given["image_source"]),
        gallery_source=ImageSource(given["image_source"]),
        establishment=frozenset(given["establishment"]) or MISSING,
        processing=frozenset(given["processing"]) or MISSING,
        subjects=frozenset(given["subjects"]) or MISSING,
        records=frozenset(map(Record, given["records"])),
    )


def _party(party: Any, kind: OrganizationType) -> Party:
    if isinstance(party, Party):
        return replace(party, type=kind)
    return Party(id="supposed", name="Supposed end user", type=kind)


def _moment(form: WhatIfForm) -> Any:
    return form.moment or database_now()


def _initial(before: Preview) -> dict[str, Any]:
    facts = before.facts
    return {
        "organization_type": _word(facts.organization.type),
        "end_user_type": _word(getattr(facts.end_user, "type", None)),
        "purpose": _word(facts.purpose),
        "requested_by": _word(facts.requested_by),
        "subject_class": _word(facts.subject_class),
        "image_source": _word(facts.gallery_source),
        "case_reference": True,
        "establishment": _places(facts.establishment),
        "processing": _places(facts.processing),
        "subjects": _places(facts.subjects),
        "records": sorted(facts.records) if isinstance(facts.records, frozenset) else [],
    }


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _places(value: Any) -> list[str]:
    return sorted(value) if isinstance(value, frozenset) else []
