"""Suspected misuse, complaints and their like: opened by an officer, closed with what was found."""

from __future__ import annotations

from django.db import models

from compliance.actions import cases, letters
from compliance.actions.cases import reviewing
from compliance.actions.decisions import record
from compliance.actions.outcomes import end
from compliance.impartiality import officer_key, refuse_involved, require_assigned
from compliance.models import Breach, Case, Intake, LegalDemand
from compliance.models.breaches import BreachStep
from compliance.models.cases import CaseKind, CaseStatus
from compliance.states import CASE_TRANSITIONS, require_undecided
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope


class Found(models.TextChoices):
    """What came of a case in which nothing is granted or refused."""

    UNFOUNDED = "unfounded", "Nothing was found"
    EXPLAINED = "explained", "Explained; nothing has to follow"
    MEASURE_TAKEN = "measure_taken", "A measure was taken"
    ANSWERED = "answered", "Answered"
    NOT_ANSWERED = "not_answered", "Declined to answer, with reasons"
    HANDLED = "handled", "Every step was taken"
    AS_GRANTED = "as_granted", "Used as it was granted"
    MISUSED = "misused", "Used for something else"


_LOOKED_INTO = (Found.UNFOUNDED, Found.EXPLAINED, Found.MEASURE_TAKEN)
OUTCOMES: dict[str, tuple[Found, ...]] = {
    CaseKind.INCIDENT: _LOOKED_INTO,
    CaseKind.MISUSE_REPORT: _LOOKED_INTO,
    CaseKind.ALERT: _LOOKED_INTO,
    CaseKind.PERSON_REQUEST: (Found.ANSWERED, Found.NOT_ANSWERED),
    CaseKind.LEGAL_DEMAND: (Found.HANDLED,),
    CaseKind.BREACH: (Found.HANDLED,),
    CaseKind.URGENT_REVIEW: (Found.AS_GRANTED, Found.MISUSED),
}


def open_incident(
    *, organization: Organization, summary: str, details: str, by: Actor, confidential: bool = True
) -> Case:
    """Open the case of suspected misuse or a complaint; the organization is not shown it unless asked for.

    Raises:
        InvalidInput: `summary_missing` or `body_empty`.
        Refused: `own_organization`.
    """
    officer_id = officer_key(by)
    if not summary.strip():
        raise InvalidInput("summary_missing", "Say in a few words what it is about.", field="summary")
    with officer_scope():
        refuse_involved(organization.pk, officer_id)
        case = cases.open_case(
            kind=CaseKind.INCIDENT,
            organization_id=organization.pk,
            summary=summary.strip(),
            by=by,
            confidential=confidential,
        )
        cases.write(case, details, by=by, internal=True)
    return case


def close_with(*, case: Case, outcome: str, reasons: str, by: Actor) -> Case:
    """End a case with what was found; the reasons of a person's request are the answer mailed to the person.

    Raises:
        InvalidInput: `outcome` or `reasons_missing`.
        Refused: `not_assigned`, `own_organization` or `self_review`.
        Conflict: `unfinished`, something has to be done first, or `transition_not_allowed`.
    """
    if outcome not in OUTCOMES.get(case.kind, ()):
        raise InvalidInput("outcome", "This cannot be the outcome of such a case.", field="outcome")
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say what was found.", field="reasons")
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        _require_finished(row)
        move(row, CaseStatus.RECOMMENDED, table=CASE_TRANSITIONS)
        record(row, by, outcome, reasons, None)
        end(row, outcome, by)
        if row.kind == CaseKind.PERSON_REQUEST:
            _tell_the_person(row, reasons, by)
    return row


def intake_of(case: Case) -> Intake | None:
    """Return what was sent from outside and became a case, if it did. In the office's scope."""
    found: Intake | None = Intake.objects.filter(case=case.public_id).first()
    return found


def _tell_the_person(case: Case, answer: str, by: Actor) -> None:
    intake = intake_of(case)
    if intake is None:
        return
    letters.write(
        kind="person_answered",
        organization=None,
        about=case.public_id,
        by=by,
        to=[intake.contact],
        intake=intake,
        answer=answer,
    )


def _require_finished(case: Case) -> None:
    if case.kind == CaseKind.LEGAL_DEMAND and LegalDemand.objects.open().filter(case=case).exists():
        raise Conflict("unfinished", "Record first how the demand was answered.")
    breach = Breach.objects.filter(case=case).first()
    if breach and breach.actions.count() < len(BreachStep):
        raise Conflict("unfinished", "Record every step first, or that it is not needed.")
