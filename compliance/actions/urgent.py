"""The urgent path: what an organization files, and the officers who are drawn for it."""

from __future__ import annotations

from uuid import UUID

from compliance import urgency
from compliance.actions import cases, letters
from compliance.impartiality import draw_officer
from compliance.models import Case, Shift, UrgentRequest
from compliance.models.cases import CaseKind, CaseStatus
from compliance.policy.ruling import Ruling
from compliance.policy.vocabulary import PEOPLE_FINDING, OrganizationType, Outcome, RequestedBy
from compliance.stated import end_user_of
from compliance.states import CASE_TRANSITIONS
from compliance.urgency import Asked, Urgency
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus, User
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope

_S = OrganizationStatus
MAY_ASK = frozenset({_S.ACTIVE, _S.RECERTIFICATION_DUE, _S.SUBMITTED, _S.IN_REVIEW, _S.INFO_REQUESTED})
LONGEST_STORY = 5_000


def file(*, organization: Organization, urgency: Urgency, by: Actor) -> UrgentRequest:
    """File a request that cannot wait; two officers are drawn and written to at once.

    Raises:
        InvalidInput: `purpose`, `requested_by`, `end_user` or what is missing, with the field.
        Refused: The rule that no urgent grant lifts, with sentence and remedy; it is recorded.
        Conflict: `not_now`, the organization is stopped or has not applied; `asked`, this case waits already;
            `no_officer`.
    """
    require(by, Permission.SUBMIT_JOBS, organization=organization)
    _check(urgency)
    with tenant_scope(organization):
        tenant = Organization.objects.select_for_update().get(pk=organization.pk)
        asked = _asked(tenant, urgency)
        ruling = _ruling(tenant, asked, by)
        request = None if ruling.outcome is Outcome.REFUSED else _file(tenant, urgency, asked, by)
    if request is None:
        raise refusal(ruling)
    return request


def withdraw(*, request: UrgentRequest, by: Actor) -> None:
    """Take an urgent request back that is not decided, say because the person was found.

    Raises:
        Conflict: `transition_not_allowed`, it was decided.
    """
    require(by, Permission.SUBMIT_JOBS, organization=request.organization_id)
    with tenant_scope(request.organization_id):
        case = Case.objects.select_for_update().get(pk=request.case_id)
        cases.withdraw(case, by=by)


def refusal(ruling: Ruling) -> Refused:
    """Return the error of a rule that no urgent grant lifts."""
    return Refused(
        ruling.rule_id,
        ruling.sentence,
        rule=ruling.rule_id,
        remedy=ruling.remedy,
        outcome=str(ruling.outcome),
        source=ruling.source.document,
        version=ruling.version or "",
        at=ruling.at,
    )


def draw_on_call(case: Case, *, besides: list[UUID | None]) -> User:
    """Draw an officer who is on call; where none can be drawn, any other, so that nobody waits in vain.

    Raises:
        Conflict: `no_officer`.
    """
    on_call = set(Shift.objects.all().now().values_list("officer_id", flat=True))
    everybody = {user.pk for user in letters.officers()}
    return draw_officer(case, besides=besides, rather_not=everybody - on_call)


def write_to(officers: list[User], request: UrgentRequest, case: Case, *, by: Actor) -> None:
    """Write to officers that a request waits for their own decision. Inside a scope."""
    letters.write(
        kind="urgent_asked",
        organization=None,
        about=case.public_id,
        by=by,
        to=officers,
        request=request,
        case=case,
    )


def _ruling(organization: Organization, asked: Asked, by: Actor) -> Ruling:
    """Return what the rules say to the grant that is asked for; a refusal is recorded."""
    ruling = urgency.ruling_on(asked, organization, at=database_now())
    if ruling.outcome is Outcome.REFUSED:
        audit.record(
            verb="urgent.barred",
            actor=by,
            target=organization,
            organization=organization.pk,
            purpose=str(asked.purpose),
            rule=ruling.rule_id,
        )
    return ruling


def _file(organization: Organization, stated: Urgency, asked: Asked, by: Actor) -> UrgentRequest:
    waiting = UrgentRequest.objects.filter(
        case_reference=stated.case_reference.strip(), case__decided_at=None
    )
    if waiting.exists():
        raise Conflict("asked", "An urgent request for this case waits already. Officers have been told.")
    case = cases.open_case(
        kind=CaseKind.URGENT,
        organization_id=organization.pk,
        summary=f"{asked.purpose.label}, {stated.case_reference}",
        by=by,
    )
    request: UrgentRequest = UrgentRequest.objects.create(
        organization=organization,
        case=case,
        purpose=asked.purpose,
        requested_by=stated.requested_by,
        authority=stated.authority.strip(),
        authority_reference=stated.authority_reference.strip(),
        case_reference=stated.case_reference.strip(),
        story=stated.story.strip(),
        end_user=asked.entry,
        body_name="" if asked.entry else asked.party.name,
        body_type="" if asked.entry else str(asked.party.type),
        filed_by_id=by.person,
    )
    audit.record(
        verb="urgent.filed",
        actor=by,
        target=request,
        organization=organization.pk,
        purpose=str(asked.purpose),
    )
    write_to(_draw_two(case, by), request, case, by=by)
    return request


def _draw_two(case: Case, by: Actor) -> list[User]:
    first = draw_on_call(case, besides=[])
    second = draw_on_call(case, besides=[first.pk])
    move(case, CaseStatus.TRIAGED, table=CASE_TRANSITIONS)
    move(case, CaseStatus.ASSIGNED, table=CASE_TRANSITIONS, assigned_to=first, second_officer=second)
    for officer in (first, second):
        audit.record(
            verb="case.assigned",
            actor=by,
            target=case,
            organization=case.trail_id,
            officer=officer.public_id,
        )
    return [first, second]


def _asked(organization: Organization, stated: Urgency) -> Asked:
    if organization.status not in MAY_ASK:
        raise Conflict(
            "not_now",
            "Only an organization that is active or in review can ask for an urgent grant. "
            "Submit your application first, or appeal what stopped you.",
        )
    if stated.end_user:
        try:
            entry = end_user_of(stated.end_user)
        except NotFound:
            raise InvalidInput(
                "end_user", "This end user is not in the register.", field="end_user"
            ) from None
        return urgency.asked(stated, entry=entry)
    return urgency.asked(stated, entry=None)


def _check(stated: Urgency) -> None:
    if stated.purpose not in PEOPLE_FINDING:
        raise InvalidInput("purpose", "The urgent path is for finding people only.", field="purpose")
    if stated.requested_by not in list(RequestedBy):
        raise InvalidInput("requested_by", "Say who asks.", field="requested_by")
    words = {
        "authority": "Name the authority to which it was reported.",
        "authority_reference": "Give the authority's reference.",
        "case_reference": "Give the reference of the case.",
        "story": "Say what happened and why it cannot wait.",
    }
    for name, sentence in words.items():
        if not getattr(stated, name).strip():
            raise InvalidInput(f"{name}_missing", sentence, field=name)
    if len(stated.story) > LONGEST_STORY:
        raise InvalidInput("too_long", f"Write {LONGEST_STORY:,} characters at most.", field="story")
    if bool(stated.end_user) == bool(stated.body_name.strip()):
        raise InvalidInput("end_user", "Choose one end user, or name one body.", field="end_user")
    if stated.body_name.strip() and stated.body_type not in list(OrganizationType):
        raise InvalidInput("body_type", "Say what this body is.", field="body_type")
