"""Between an applicant and the office: answers are declared, a case opens, comes back, or is taken away."""

from __future__ import annotations

from typing import Any

from compliance.actions import cases, tidings
from compliance.answers import declaration_of
from compliance.models import Application, Case
from compliance.models.cases import CaseKind, CaseStatus
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.paths import missing
from compliance.states import APPLICATION_TRANSITIONS, CASE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus

_S = OrganizationStatus
_APPLIES_AGAIN = {_S.DRAFT: _S.SUBMITTED, _S.WITHDRAWN: _S.SUBMITTED, _S.LAPSED: _S.SUBMITTED}
_RECOMMENDED = frozenset(
    {CaseStatus.RECOMMENDED, CaseStatus.RETURNED, CaseStatus.AWAITING_COUNTERSIGN, CaseStatus.THIRD_VOTE}
)


def declare(application: Application, by: Actor) -> None:
    """Declare the answers as they stand; the office reviews what was declared and nothing else.

    Raises:
        InvalidInput: `answers_missing`, with the names of the questions.
    """
    _require_answers(application)
    declaration = declaration_of(application)
    move(
        application,
        ApplicationStatus.SUBMITTED,
        table=APPLICATION_TRANSITIONS,
        declaration=declaration,
        declared_by=by.id,
        submitted_at=database_now(),
    )
    _event("application.submitted", application, by, declaration=declaration)


def hand_over(application: Application, by: Actor) -> None:
    """Open the case, or bring the one that waits for these answers back under review."""
    waiting = Case.objects.filter(application=application, status=CaseStatus.AWAITING_TENANT).first()
    if waiting:
        move(waiting, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
    elif not _join_the_case_of_the_date(application, by):
        cases.open_case(
            kind=CaseKind(application.kind),
            organization_id=application.organization_id,
            summary=_summary(application),
            application=application,
            subject=application.against,
            by=by,
        )
    if application.kind == ApplicationKind.ONBOARDING:
        _organization_applies(application, by)


def back_to_review(case: Case, by: Actor) -> None:
    """Go on with a review whose question was answered, on the answers as they stand, declared anew."""
    application = case.application
    if application and application.status == ApplicationStatus.INFO_REQUESTED:
        declare(application, by)
    _resume_review(Organization.objects.get(pk=case.organization_id), by)


def take_back(application: Application, to: ApplicationStatus, *, by: Actor) -> None:
    """End an application and its case with nothing decided: withdrawn by its writer, or lapsed by date.

    Raises:
        Conflict: `application_closed`, it was decided or has ended.
    """
    if not APPLICATION_TRANSITIONS.allows(application.status, to):
        raise closed(application)
    move(application, to, table=APPLICATION_TRANSITIONS)
    _event(f"application.{to}", application, by)
    for case in Case.objects.open().filter(application=application):
        cases.withdraw(case, by=by)
    if application.kind == ApplicationKind.ONBOARDING:
        _organization_steps_back(Organization.objects.get(pk=application.organization_id), to, by)


def closed(application: Application) -> Conflict:
    """Return why an application can no longer be changed, and what to do instead."""
    return Conflict("application_closed", _CLOSED[ApplicationStatus(application.status)])


LAPSED = "This application has lapsed. Start a new one; it keeps your answers."
_CLOSED = {
    ApplicationStatus.DRAFT: "This application is a draft. Finish and submit it, or withdraw it.",
    ApplicationStatus.INFO_REQUESTED: "An officer asked you something. Answer it, or withdraw.",
    ApplicationStatus.SUBMITTED: "This application was submitted and is with the officers. "
    "To change it, wait for their question, or withdraw it and apply again.",
    ApplicationStatus.DECIDED: "This application was decided and cannot be changed. "
    "Read the decision; to change something, ask for it on the page of your standing.",
    ApplicationStatus.WITHDRAWN: "This application was withdrawn. Start a new one; it keeps your answers.",
    ApplicationStatus.LAPSED: LAPSED,
}


def _require_answers(application: Application) -> None:
    if lacking := missing(application):
        anew = application.kind == ApplicationKind.RECERTIFICATION
        raise InvalidInput(
            "answers_missing",
            f"{'Confirm or change' if anew else 'Answer'} first: {' '.join(one.text for one in lacking)}",
            fields=[one.name for one in lacking],
        )


def _join_the_case_of_the_date(application: Application, by: Actor) -> bool:
    """Take up the case that was opened because an end comes near, so that there are not two about it."""
    rows = Case.objects.open().select_for_update().filter(kind=application.kind, application=None)
    case = rows.exclude(status__in=_RECOMMENDED).first()
    if case is None:
        return False
    case.application, case.summary = application, _summary(application)[:300]
    case.save(update_fields=["application", "summary"])
    tidings.received(case, application, by=by)
    return True


def _summary(application: Application) -> str:
    return f"{application.get_kind_display()} of {application.organization}"


def _organization_applies(application: Application, by: Actor) -> None:
    organization = Organization.objects.get(pk=application.organization_id)
    if organization.status == _S.REJECTED:
        organizations.change_status(organization, _S.IN_REVIEW, by=by, reason="applied_again")
    elif to := _APPLIES_AGAIN.get(_S(organization.status)):
        organizations.change_status(organization, to, by=by)
    _resume_review(organization, by)


def _resume_review(organization: Organization, by: Actor) -> None:
    if organization.status == _S.INFO_REQUESTED:
        organizations.change_status(organization, _S.IN_REVIEW, by=by)


def _organization_steps_back(organization: Organization, to: ApplicationStatus, by: Actor) -> None:
    if to == ApplicationStatus.LAPSED and organization.status == _S.INFO_REQUESTED:
        organizations.change_status(organization, _S.LAPSED, by=by, reason="date")
        return
    _resume_review(organization, by)
    if organization.status in {_S.SUBMITTED, _S.IN_REVIEW}:
        organizations.change_status(organization, _S.WITHDRAWN, by=by)


def _event(verb: str, application: Application, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=application, organization=application.organization_id, **payload)
