"""Work on cases: opening, assigning, asking, noting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from compliance import references
from compliance.actions import tidings
from compliance.impartiality import (
    draw_officer,
    require_assigned,
    require_impartial,
    voters,
)
from compliance.models import Application, Case, CaseMessage, RulingRecord
from compliance.models.cases import CaseKind, CaseStatus
from compliance.models.onboarding import ApplicationStatus
from compliance.states import APPLICATION_TRANSITIONS, CASE_TRANSITIONS, require_undecided
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.access import require_officer
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus
from portal.tenancy.scope import officer_scope

# Time until a case is due, by what waits on it.
DUE_IN = {
    CaseKind.ONBOARDING: timedelta(days=10),
    CaseKind.MISUSE_REPORT: timedelta(days=1),
    CaseKind.INCIDENT: timedelta(days=1),
    CaseKind.ALERT: timedelta(days=2),
    CaseKind.BREACH: timedelta(hours=12),
    CaseKind.REFERRAL: timedelta(days=2),
    CaseKind.NO_RULE: timedelta(days=2),
    CaseKind.PERSON_REQUEST: timedelta(days=30),
    CaseKind.URGENT: timedelta(hours=1),
}
_UNDRAWN = frozenset({CaseStatus.NEW, CaseStatus.TRIAGED, CaseStatus.REOPENED})
USUALLY_DUE_IN = timedelta(days=5)
ANSWER_WITHIN = timedelta(days=30)  # an application whose question is not answered by then lapses


def open_case(
    *,
    kind: CaseKind,
    organization_id: UUID,
    summary: str,
    by: Actor,
    application: Application | None = None,
    subject: str = "",
    confidential: bool = False,
    due_at: datetime | None = None,
) -> Case:
    """Open a case. Inside a scope that sees the organization, and the office's where it is confidential."""
    case = Case.objects.create(
        organization_id=organization_id,
        kind=kind,
        reference=references.draw("C"),
        application=application,
        subject=subject,
        confidential=confidential,
        summary=summary[:300],
        due_at=due_at or database_now() + DUE_IN.get(kind, USUALLY_DUE_IN),
    )
    _event("case.opened", case, by, kind=str(kind), due_at=case.due_at.isoformat())
    if application is not None:
        tidings.received(case, application, by=by)
    return case


def open_referral(ruling: RulingRecord, *, by: Actor) -> Case:
    """Open the case of a referred ruling, or return the one open on its subject. Inside a scope."""
    waiting = (
        Case.objects.open().filter(subject=ruling.subject, organization_id=ruling.organization_id).first()
    )
    if waiting:
        return waiting
    return open_case(
        kind=CaseKind.NO_RULE if ruling.rule == "no-rule" else CaseKind.REFERRAL,
        organization_id=ruling.organization_id,
        summary=f"{ruling.sentence} ({ruling.subject})",
        subject=ruling.subject,
        by=by,
    )


def assign(*, case: Case, by: Actor) -> Case:
    """Draw an officer for a case: at random among the least busy, and never one with a part in it.

    Raises:
        NotFound: By anybody but the system and officers.
        Conflict: `no_officer`, nobody is left to draw; `drawn_already`.
    """
    if by.kind != "system":
        require_officer(by)
    with reviewing(case) as row:
        if row.status not in _UNDRAWN:  # whoever could draw again would draw until the lot suits them
            raise Conflict("drawn_already", "An officer was drawn already, and can declare a conflict.")
        if row.status == CaseStatus.NEW:
            move(row, CaseStatus.TRIAGED, table=CASE_TRANSITIONS)
        officer = draw_officer(row, besides=(), rather_not=voters(row), evenly=True)
        move(row, CaseStatus.ASSIGNED, table=CASE_TRANSITIONS, assigned_to=officer)
        _event("case.assigned", row, by, officer=officer.public_id)
    return row


def begin_review(*, case: Case, by: Actor) -> Case:
    """Begin the review of a case one was drawn for.

    Raises:
        Refused: `not_assigned`, `own_organization` or `self_review`.
    """
    with reviewing(case) as row:
        require_assigned(row, by)
        move(row, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
        organization = Organization.objects.get(pk=row.organization_id)
        if organization.status == OrganizationStatus.SUBMITTED:
            organizations.change_status(organization, OrganizationStatus.IN_REVIEW, by=by)
    return row


def ask(*, case: Case, body: str, by: Actor) -> CaseMessage:
    """Ask the organization a question and wait for its answer.

    Raises:
        Refused: `not_assigned`, `own_organization`, `self_review`, or `confidential`.
        Conflict: `transition_not_allowed`, the case is not under review.
    """
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        if row.confidential:
            raise Refused("confidential", "The organization is not told of this case, so it cannot be asked.")
        move(row, CaseStatus.AWAITING_TENANT, table=CASE_TRANSITIONS)
        message = write(row, body, by=by, is_question=True)
        _event("case.asked", row, by)
        tidings.asked(row, message.body, by=by)
        application = row.application
        if application and application.status == ApplicationStatus.SUBMITTED:
            ends_at = database_now() + ANSWER_WITHIN
            move(
                application,
                ApplicationStatus.INFO_REQUESTED,
                table=APPLICATION_TRANSITIONS,
                expires_at=ends_at,
            )
        organization = Organization.objects.get(pk=row.organization_id)
        if organization.status == OrganizationStatus.IN_REVIEW:
            organizations.change_status(organization, OrganizationStatus.INFO_REQUESTED, by=by)
    return message


def note(*, case: Case, body: str, by: Actor) -> CaseMessage:
    """Write an internal note, which the organization never sees.

    Raises:
        Refused: `own_organization` or `self_review`.
    """
    with reviewing(case) as row:
        require_impartial(row, by)
        message = write(row, body, by=by, internal=True)
        _event("case.noted", row, by)
    return message


def disclose(case: Case, *, by: Actor) -> None:
    """Show a confidential case to its organization from now on. In the office's scope."""
    Case.objects.filter(pk=case.pk).update(confidential=False)
    case.confidential = False
    _event("case.disclosed", case, by)


def close(*, case: Case, by: Actor) -> Case:
    """Close a decided case."""
    with reviewing(case) as row:
        require_impartial(row, by)
        move(row, CaseStatus.CLOSED, table=CASE_TRANSITIONS)
        _event("case.closed", row, by)
    return row


def withdraw(case: Case, *, by: Actor) -> None:
    """Withdraw a case with its application. Inside a scope."""
    move(case, CaseStatus.WITHDRAWN, table=CASE_TRANSITIONS)
    _event("case.withdrawn", case, by)
    tidings.withdrawn(case, by=by)


def write(
    case: Case, body: str, *, by: Actor, is_question: bool = False, internal: bool = False
) -> CaseMessage:
    """Write a message into a case; in a confidential one it stays inside the office. Inside a scope.

    Raises:
        InvalidInput: `body_empty`.
    """
    if not body.strip():
        raise InvalidInput("body_empty", "Write something.", field="body")
    message = CaseMessage(
        organization_id=case.organization_id,
        case=case,
        author=by.id,
        author_label=by.label,
        body=body.strip(),
        is_question=is_question,
        internal=internal or case.confidential,
    )
    message.save(force_insert=True)
    return message


@contextmanager
def reviewing(case: Case) -> Iterator[Case]:
    """Open the office's scope with the case locked, its application first, as those who apply lock them."""
    with officer_scope():
        yield locked(case)


def locked(case: Case) -> Case:
    """Lock a case, its application first, and return it as it stands. Inside a scope."""
    if case.application_id:
        Application.objects.select_for_update().get(pk=case.application_id)
    row: Case = Case.objects.select_for_update().get(pk=case.pk)
    return row


def _event(verb: str, case: Case, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=case, organization=case.trail_id, **payload)
