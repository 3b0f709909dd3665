"""What the page of a case shows and offers where it is about no application."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from compliance.actions.incidents import OUTCOMES, intake_of
from compliance.actions.outcomes import LIFT, REVOKE, UPHELD, WITHOUT_FINDING
from compliance.models import Breach, Case, LegalDemand, Measure, RulingRecord, UrgentRequest
from compliance.models.cases import ENDED, CaseKind, CaseStatus
from portal.tenancy.models import ORGANIZATION_TRANSITIONS, OrganizationStatus
from portal.web.forms.special import OUTCOME_WORDS, CloseForm, OutcomeForm, ReasonsForm
from portal.web.officer import casefile
from portal.web.officer.guards import OfficerRequest

# Cases that can end with a determination.
_DETERMINED = frozenset(
    {
        CaseKind.ONBOARDING,
        CaseKind.NEW_PURPOSE,
        CaseKind.END_USER_CHANGE,
        CaseKind.EXEMPTION,
        CaseKind.RECERTIFICATION,
        CaseKind.APPEAL,
        CaseKind.INCIDENT,
        CaseKind.BIAS_FINDING,
        CaseKind.STATUS_DIFFERENCE,
    }
)
_SUSPICIONS = frozenset(
    {CaseKind.INCIDENT, CaseKind.MISUSE_REPORT, CaseKind.ALERT, CaseKind.BREACH, CaseKind.URGENT_REVIEW}
)
_MOST = 25
_LOOK_INTO: dict[str, str] = {
    CaseKind.INCIDENT: "Look into it and ask the organization, then recommend an outcome.",
    CaseKind.MISUSE_REPORT: "Look into it, then say what was found. If it cannot wait, suspend at once.",
    CaseKind.ALERT: "Look into it, then say what was found. If it cannot wait, suspend at once.",
    CaseKind.BREACH: "Record each step on the page of the breach, then say what was found.",
    CaseKind.PERSON_REQUEST: "Pass it on to the privacy contact, then answer the person.",
    CaseKind.LEGAL_DEMAND: "Record the answer on the page of the demand, then say what was found.",
    CaseKind.APPEAL: "Read the appeal and the decision, then uphold it, lift the stop or determine anew.",
    CaseKind.URGENT_REVIEW: "Look at what was done under the grant, then say what was found.",
}


def context_of(
    case: Case, request: OfficerRequest, sent: dict[str, Any], *, applied: bool = False
) -> dict[str, Any]:
    """Return what the page of a case shows besides: what it is about, and steps of its own. In scope.

    Args:
        case: Which.
        request: Of the officer who looks.
        sent: Forms that were sent and have errors.
        applied: Whether the organization has handed in an application that a determination could follow.
    """
    reviewing = case.assigned_to_id == request.actor.user_id and case.status == CaseStatus.UNDER_REVIEW
    outcomes = outcomes_of(case)
    return {
        "plain": case.kind in OUTCOMES or case.kind == CaseKind.URGENT,
        "shows_application": case.kind not in OUTCOMES or (case.kind == CaseKind.INCIDENT and applied),
        "proposed": OUTCOME_WORDS.get(casefile.proposed_outcome(case)),
        "links": _links(case),
        "intake": intake_of(case),
        "measures": list(Measure.objects.filter(case=case).order_by("taken_at")),
        "rulings": _rulings(case),
        "can_outcome": reviewing and bool(outcomes),
        "can_close_with": reviewing and case.kind in OUTCOMES and (not outcomes or case.confidential),
        "can_stop": _may_stop(case),
        "tenant": case.organization,
        "suspend_form": ReasonsForm(prefix="suspend"),
        "can_forward": reviewing and case.kind == CaseKind.PERSON_REQUEST,
        "outcome_form": sent.get("outcome_form") or OutcomeForm(outcomes, prefix="outcome"),
        "close_form": sent.get("close_form") or CloseForm(case.kind, prefix="close"),
    }


def _may_stop(case: Case) -> bool:
    """Whether to offer the suspension here: in cases that look into misuse, of whoever can be suspended."""
    may = ORGANIZATION_TRANSITIONS.allows(case.organization.status, OrganizationStatus.SUSPENDED)
    return may and case.kind in _SUSPICIONS and case.status not in ENDED


def is_determined(case: Case, *, applied: bool) -> bool:
    """Whether a case can end with a determination; an incident only where there is an application."""
    return case.kind in _DETERMINED and (applied or case.kind != CaseKind.INCIDENT)


def next_step(case: Case) -> str:
    """Return what comes next in a case about no application; nothing where it goes the usual way."""
    if case.status == CaseStatus.UNDER_REVIEW and case.kind in _LOOK_INTO:
        return _LOOK_INTO[case.kind]
    return "Two officers decide on the page of the request." if case.kind == CaseKind.URGENT else ""


def outcomes_of(case: Case) -> list[str]:
    """Return the outcomes without a new determination that fit how the organization stands."""
    status = case.organization.status
    fits = {
        LIFT: status in {OrganizationStatus.SUSPENDED, OrganizationStatus.RESTRICTED},
        REVOKE: status == OrganizationStatus.SUSPENDED,
        UPHELD: True,
    }
    known = WITHOUT_FINDING.items()
    # An unseen suspicion takes no decision about a stop; what the clock restricted is lifted on its alert.
    unseen = case.confidential and case.kind != CaseKind.ALERT
    return [one for one, kinds in known if case.kind in kinds and fits[one] and not unseen]


def _links(case: Case) -> list[dict[str, Any]]:
    """Return the pages of what a case is about; `leads` is the one where it is decided. In scope."""
    found = [
        ("The legal demand", "officer_demand", LegalDemand.objects.filter(case=case).first()),
        ("The breach and its steps", "officer_breach", Breach.objects.filter(case=case).first()),
        ("The urgent request", "officer_urgent", UrgentRequest.objects.filter(case=case).first()),
        ("The urgent request", "officer_urgent", UrgentRequest.objects.filter(review=case.public_id).first()),
        ("What was sent", "officer_intake", intake_of(case)),
    ]
    rows = [
        {
            "text": text,
            "url": reverse(name, args=[row.public_id]),
            "leads": case.kind == CaseKind.URGENT and name == "officer_urgent",
        }
        for text, name, row in found
        if row
    ]
    if case.subject.startswith(f"{Case.PREFIX}_"):
        text = "The decision appealed" if case.kind == CaseKind.APPEAL else "The case that led to it"
        rows.append({"text": text, "url": reverse("officer_case", args=[case.subject]), "leads": False})
    return rows


def _rulings(case: Case) -> list[RulingRecord]:
    """Return what was ruled under an urgent grant that is reviewed, newest first. In scope."""
    request = UrgentRequest.objects.filter(review=case.public_id).first()
    if request is None or request.granted_at is None:
        return []
    rows = RulingRecord.objects.filter(
        organization_id=request.organization_id,
        facts__case_reference=request.case_reference,
        made_at__gte=request.granted_at,
        made_at__lte=request.granted_until,
    )
    return list(rows.order_by("-made_at")[:_MOST])
