"""A person's request: passed on to the organization's privacy contact, and answered by it."""

from __future__ import annotations

from compliance.actions import cases, letters
from compliance.actions.cases import reviewing
from compliance.actions.incidents import intake_of
from compliance.impartiality import require_assigned
from compliance.models import Case, CaseMessage, Intake
from compliance.models.cases import CaseKind, CaseStatus
from compliance.states import CASE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.errors import InvalidInput, NotFound
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization, User
from portal.tenancy.roles import Permission, Role
from portal.tenancy.scope import tenant_scope


def forward(*, case: Case, by: Actor) -> Case:
    """Pass a person's request on to the organization, which is told by letter and answers in the portal.

    Raises:
        InvalidInput: `not_a_request`.
        Refused: `not_assigned`, `own_organization` or `self_review`.
        Conflict: `transition_not_allowed`.
    """
    with reviewing(case) as row:
        require_assigned(row, by)
        intake = _intake(row)
        move(row, CaseStatus.AWAITING_TENANT, table=CASE_TRANSITIONS)
        cases.disclose(row, by=by)
        cases.write(row, _told(intake), by=by, is_question=True)
        audit.record(verb="case.asked", actor=by, target=row, organization=row.trail_id)
        letters.write(
            kind="person_request",
            organization=row.organization,
            about=row.public_id,
            by=by,
            to=privacy_contacts(row.organization),
            case=row,
        )
    return row


def reply(*, case: Case, body: str, by: Actor) -> CaseMessage:
    """Answer a person's request as the organization: what was found and done.

    Raises:
        NotFound: By somebody else, or this is no person's request.
        InvalidInput: `body_empty`.
        Conflict: `transition_not_allowed`, nothing was asked.
    """
    require(by, Permission.ERASE, organization=case.organization_id)
    with tenant_scope(case.organization_id):
        row = Case.objects.select_for_update().filter(pk=case.pk, kind=CaseKind.PERSON_REQUEST).first()
        if row is None:
            raise NotFound()
        move(row, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS)
        message = cases.write(row, body, by=by)
        audit.record(verb="case.answered", actor=by, target=row, organization=row.trail_id)
    return message


def privacy_contacts(organization: Organization) -> list[User]:
    """Return the people who look after requests: the privacy contacts, or else the administrators."""
    rows = Membership.objects.filter(
        organization=organization, role=Role.PRIVACY_CONTACT, ended_at=None, user__is_active=True
    )
    return [row.user for row in rows.select_related("user").order_by("pk")] or letters.administrators(
        organization
    )


def _intake(case: Case) -> Intake:
    intake = intake_of(case)
    if case.kind != CaseKind.PERSON_REQUEST or intake is None:
        raise InvalidInput("not_a_request", "This case is about no request of a person.")
    return intake


def _told(intake: Intake) -> str:
    return (
        f"A person asks: {intake.get_wish_display().lower()}.\n\n{intake.body}\n\n"
        f"Reference {intake.reference}. Address for questions: {intake.contact}"
    )
