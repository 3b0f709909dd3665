"""What an organization does with its application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from compliance import references
from compliance.actions import cases, handover
from compliance.adverse import AdverseDecision, adverse
from compliance.answers import carried, read
from compliance.models import Application, Case, CaseMessage, Determination
from compliance.models.cases import CaseStatus
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.standing import CLEARED, determination_in_force
from compliance.states import CASE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope

DRAFT_LIVES = timedelta(days=90)
_K, _S = ApplicationKind, OrganizationStatus
_STOPPED = frozenset({_S.SUSPENDED, _S.REVOKED, _S.CLOSING, _S.CLOSED})


def start(
    *, organization: Organization, by: Actor, kind: str = ApplicationKind.ONBOARDING, against: str = ""
) -> Application:
    """Start an application with what is known already: nothing is asked twice.

    Args:
        organization: Who applies.
        by: One of its administrators.
        kind: What is applied for; each kind has questions of its own.
        against: Public id of the adverse decision that an appeal is against.

    Raises:
        Conflict: `application_open`, there is an unfinished one of this kind; `determined` or
            `not_determined`, it is not the time for this kind; `stopped`, only an appeal is possible.
        InvalidInput: `not_adverse`, there is no such decision to appeal.
    """
    require(by, Permission.APPLY, organization=organization)
    with tenant_scope(organization):
        tenant = Organization.objects.get(pk=organization.pk)
        determination = determination_in_force(tenant)
        _require_time_for(kind, tenant, determination)
        appealed = _appealed(tenant, against) if kind == _K.APPEAL else None
        answers = carried(
            kind,
            name=tenant.name,
            determination=determination,
            appealed=appealed.application if appealed else None,
        )
        application = Application(
            organization=organization,
            kind=ApplicationKind(kind),
            reference=references.draw("A"),
            answers=answers,
            earlier=answers,
            against=appealed.id if appealed else "",
            expires_at=database_now() + DRAFT_LIVES,
        )
        _insert(application)
        _event("application.started", application, by, kind=str(kind))
    return application


def save_answer(*, application: Application, answers: Mapping[str, Any], by: Actor) -> Application:
    """Save answers, each replacing or confirming an earlier one to the same question.

    Raises:
        InvalidInput: `unknown_question` or what is wrong with an answer, with the field.
        Conflict: `application_closed` or `application_lapsed`, it can no longer be written on.
    """
    with writing(application, by) as row:
        determination = determination_in_force(row.organization)
        checked = read(row.kind, answers, determination=determination, now=database_now())
        row.answers |= checked
        row.answered = sorted({*row.answered, *checked})
        row.save(update_fields=["answers", "answered"])
        _event("application.answered", row, by, fields=sorted(checked))
    return row


def submit(*, application: Application, by: Actor) -> Application:
    """Declare the answers true and hand the application to the office, which opens a case.

    Raises:
        InvalidInput: `answers_missing`, with the names of the questions.
        Conflict: `application_closed` or `application_lapsed`.
    """
    with writing(application, by) as row:
        handover.declare(row, by)
        handover.hand_over(row, by)
    return row


def withdraw(*, application: Application, by: Actor) -> Application:
    """Withdraw an application and the case that was opened for it.

    Raises:
        Conflict: `application_closed`, it was decided or has ended.
    """
    require(by, Permission.APPLY, organization=application.organization_id)
    with tenant_scope(application.organization_id):
        row = _locked(application)
        handover.take_back(row, ApplicationStatus.WITHDRAWN, by=by)
    return row


def answer_question(*, case: Case, body: str, by: Actor) -> CaseMessage:
    """Answer an officer's question; the review goes on with the answers as they stand, declared anew.

    Raises:
        InvalidInput: `answer_empty`, or `answers_missing`.
        Conflict: `nothing_asked`, the case waits for no answer or has ended; `application_lapsed`.
    """
    require(by, Permission.APPLY, organization=case.organization_id)
    if not body.strip():
        raise InvalidInput("answer_empty", "Write an answer.", field="body")
    with tenant_scope(case.organization_id):
        if case.application_id:
            _require_time(Application.objects.select_for_update().get(pk=case.application_id))
        row = Case.objects.select_for_update().get(pk=case.pk)
        if row.status != CaseStatus.AWAITING_TENANT:
            raise _nothing_asked(row)
        move(row, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
        message = cases.write(row, body, by=by)
        audit.record(verb="case.answered", actor=by, target=row, organization=row.organization_id)
        handover.back_to_review(row, by)
    return message


@contextmanager
def writing(application: Application, by: Actor) -> Iterator[Application]:
    """Open the organization's scope with the application locked and still open to its writer.

    Raises:
        Conflict: `application_closed` or `application_lapsed`.
    """
    require(by, Permission.APPLY, organization=application.organization_id)
    with tenant_scope(application.organization_id):
        row = _locked(application)
        _require_time(row)
        if row.status not in {ApplicationStatus.DRAFT, ApplicationStatus.INFO_REQUESTED}:
            raise handover.closed(row)
        yield row


def _require_time_for(kind: str, organization: Organization, determination: Determination | None) -> None:
    """Let on only what fits where the organization stands."""
    if kind == _K.APPEAL:
        return
    if organization.status in _STOPPED:
        raise Conflict("stopped", "Your organization is stopped. Appeal that decision first.")
    cleared = organization.status in CLEARED and determination is not None and determination.is_granted
    if kind == _K.ONBOARDING and cleared:
        raise Conflict(
            "determined",
            "Your organization is cleared already. Ask for what is new: purpose, end user or exemption.",
        )
    if kind != _K.ONBOARDING and not cleared:
        raise Conflict("not_determined", "Nothing is granted to your organization yet. Apply for clearance.")


def _appealed(organization: Organization, against: str) -> AdverseDecision:
    decision = next((one for one in adverse(organization) if one.id == against), None)
    if decision is None:
        raise InvalidInput("not_adverse", "Choose the decision that you appeal against.", field="against")
    if decision.appeal:
        raise Conflict(
            "application_open",
            f"Appeal {decision.appeal.reference} against this decision is open. Go on with it, or withdraw.",
        )
    return decision


def _insert(application: Application) -> None:
    """Insert an application; the database lets one at a time be open."""
    try:
        with transaction.atomic():
            application.save(force_insert=True)
    except IntegrityError:
        kind = application.get_kind_display().lower()
        raise Conflict(
            "application_open",
            f"An application of this kind ({kind}) is open. Finish it, await its decision, or withdraw it.",
        ) from None


def _locked(application: Application) -> Application:
    """Lock an application and then its cases, in the order in which officers lock them."""
    row: Application = Application.objects.select_for_update().get(pk=application.pk)
    list(Case.objects.select_for_update().filter(application=row).order_by("pk"))
    return row


def _require_time(application: Application) -> None:
    if application.status_at(database_now()) == ApplicationStatus.LAPSED:
        raise Conflict("application_lapsed", handover.LAPSED)


def _nothing_asked(case: Case) -> Conflict:
    if case.status == CaseStatus.WITHDRAWN:
        return Conflict(
            "nothing_asked", "This case was withdrawn. Start a new application; it keeps your answers."
        )
    if case.decided_at:
        return Conflict(
            "nothing_asked", "This case was decided. Read the decision; if it is adverse, appeal it."
        )
    return Conflict("nothing_asked", "No question waits for an answer here. The officers have it already.")


def _event(verb: str, application: Application, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=application, organization=application.organization_id, **payload)
