"""Deciding an urgent request: each officer for themselves, and what follows by the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from compliance import urgency
from compliance.actions import cases, determinations, end_users, letters
from compliance.actions.cases import reviewing
from compliance.actions.outcomes import end
from compliance.actions.urgent import draw_on_call, refusal, write_to
from compliance.findings import check
from compliance.impartiality import officer_key, require_impartial, stepped_back
from compliance.models import Case, EndUser, UrgentRequest, UrgentVote
from compliance.models.cases import CaseKind, CaseStatus
from compliance.models.determinations import DeterminationOutcome
from compliance.policy.vocabulary import Outcome
from compliance.standing import lineage_in_force
from compliance.states import CASE_TRANSITIONS, require_undecided
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, User
from portal.tenancy.scope import officer_scope

NEEDED = 2  # officers of one mind
LONGEST_HOURS = 72
REFUSED = "refused"
CLOCK = Actor.system("urgent")
AT_ONCE = 50  # requests handled in one sweep


def vote(*, request: UrgentRequest, grants: bool, hours: int, reasons: str, by: Actor) -> UrgentRequest:
    """Decide about an urgent request, without having seen what the other officer decided.

    Two who grant make a grant for one case reference, for the shorter of the times they gave. Where two
    disagree a third is drawn; two who refuse refuse.

    Args:
        request: The request.
        grants: Whether to grant.
        hours: For how long, 1 to 72; 0 to refuse.
        reasons: The officer's own.
        by: An officer who was drawn.

    Raises:
        InvalidInput: `hours` or `reasons_missing`.
        Refused: `not_assigned`, `own_organization`, `recused`, or the rule that bars it by now.
        Conflict: `voted`, `case_decided` or `case_withdrawn`.
    """
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Give your reasons.", field="reasons")
    if grants != (1 <= hours <= LONGEST_HOURS):
        raise InvalidInput("hours", f"A grant is for 1 to {LONGEST_HOURS} hours.", field="hours")
    with reviewing(Case(pk=request.case_id)) as case:
        row = UrgentRequest.objects.select_related("end_user").get(pk=request.pk)
        _let_on(case, row, by)
        UrgentVote.objects.create(
            organization_id=row.organization_id,
            request=row,
            officer_id=officer_key(by),
            grants=grants,
            hours=hours,
            reasons=reasons.strip(),
        )
        audit.record(verb="urgent.voted", actor=by, target=row, organization=row.organization_id)
        _step(case)
        _count(case, row, by)
    return row


def escalate_late() -> int:
    """Tell all officers of requests undecided after an hour, and draw others for the silent. A sweep."""
    with officer_scope():
        late = list(UrgentRequest.objects.late().values_list("pk", "case_id")[:AT_ONCE])
        return sum(_escalate(key, case_id) for key, case_id in late)


def open_reviews() -> int:
    """Open the review of each urgent grant that has ended; whoever granted it has no part in it. A sweep."""
    with officer_scope():
        rows = UrgentRequest.objects.to_review().select_for_update(skip_locked=True)
        ended = list(rows[:AT_ONCE])
        for row in ended:
            case = cases.open_case(
                kind=CaseKind.URGENT_REVIEW,
                organization_id=row.organization_id,
                summary=f"What was done under an urgent grant: {row}"[:300],
                subject=row.public_id,
                by=CLOCK,
            )
            UrgentRequest.objects.filter(pk=row.pk).update(review=case.public_id)
    return len(ended)


def _escalate(key: UUID, case_id: UUID) -> bool:
    """Escalate one request; the case is locked first, as by those who vote."""
    case = Case.objects.select_for_update(skip_locked=True).filter(pk=case_id, decided_at=None).first()
    row = UrgentRequest.objects.late().filter(pk=key).first() if case else None
    if case is None or row is None:
        return False
    _redraw_silent(case, row)
    UrgentRequest.objects.filter(pk=row.pk).update(escalated_at=database_now())
    audit.record(verb="urgent.escalated", actor=CLOCK, target=row, organization=row.organization_id)
    about: dict[str, Any] = {"about": case.public_id, "request": row, "case": case}
    letters.write(kind="urgent_late", organization=None, by=CLOCK, **about)
    return True


def _let_on(case: Case, request: UrgentRequest, by: Actor) -> None:
    require_impartial(case, by)
    require_undecided(case)
    if by.user_id not in {case.assigned_to_id, case.second_officer_id}:
        raise Refused("not_assigned", "Other officers were drawn for this request.")
    if request.votes.filter(officer_id=by.user_id).exists():
        raise Conflict("voted", "You have decided about this request already.")


def _step(case: Case) -> None:
    """Bring the case to where it waits for another vote."""
    for status in (CaseStatus.UNDER_REVIEW, CaseStatus.RECOMMENDED, CaseStatus.AWAITING_COUNTERSIGN):
        if CASE_TRANSITIONS.allows(case.status, status):
            move(case, status, table=CASE_TRANSITIONS)


def _count(case: Case, request: UrgentRequest, by: Actor) -> None:
    votes = list(request.votes.exclude(officer__in=stepped_back(case)).select_related("officer"))
    granting = [one for one in votes if one.grants]
    if len(granting) == NEEDED:
        _grant(case, request, granting, by)
    elif len(votes) - len(granting) == NEEDED:
        _refuse(case, request, by)
    elif len(votes) == NEEDED:
        third = draw_on_call(case, besides=[one.officer_id for one in votes])
        move(case, CaseStatus.THIRD_VOTE, table=CASE_TRANSITIONS, second_officer=third)
        write_to([third], request, case, by=by)


def _grant(case: Case, request: UrgentRequest, granting: list[UrgentVote], by: Actor) -> None:
    first, second = granting
    organization = Organization.objects.select_for_update().get(pk=case.organization_id)
    now = database_now()
    until = now + timedelta(hours=min(first.hours, second.hours))
    line_until = _record_line(organization, case, request, first, second, now, until, by)
    UrgentRequest.objects.filter(pk=request.pk).update(granted_at=now, granted_until=line_until)
    request.granted_at, request.granted_until = now, line_until
    organizations.raise_epoch(organization)
    end(case, DeterminationOutcome.GRANTED, by)
    _tell("urgent_granted", case, request, by)


def _record_line(
    organization: Organization,
    case: Case,
    request: UrgentRequest,
    first: UrgentVote,
    second: UrgentVote,
    now: datetime,
    until: datetime,
    by: Actor,
) -> datetime:
    """Insert the determination with the line, if the rules still let it; return the line's end."""
    asked = urgency.asked(request, entry=request.end_user)
    ruling = urgency.ruling_on(asked, organization, at=now)
    if ruling.outcome is Outcome.REFUSED:
        raise refusal(ruling)
    entry = request.end_user or _register(organization, request, by)
    line = urgency.line_for(asked, organization, end_user=entry, at=now, until=until)
    reasons = f"Urgent, for case {request.case_reference} until {until:%Y-%m-%d %H:%M} UTC. {first.reasons}"
    finding = urgency.finding_with(line, organization, reasons=reasons)
    check(replace(finding, lines=(line,)), version=lineage_in_force().known_at(now), now=now)
    determinations.insert(
        organization, finding, case=case, decided_by=first.officer, second=second.officer, by=by
    )
    return line.expires_at


def _register(organization: Organization, request: UrgentRequest, by: Actor) -> EndUser:
    return end_users.enter(request.body_name, request.body_type, "", by, organization.synthetic)


def _refuse(case: Case, request: UrgentRequest, by: Actor) -> None:
    end(case, REFUSED, by)
    _tell("urgent_refused", case, request, by)


def _tell(kind: str, case: Case, request: UrgentRequest, by: Actor) -> None:
    people = {user.pk: user for user in letters.administrators(case.organization)}
    people[request.filed_by_id] = User.objects.get(pk=request.filed_by_id)
    letters.write(
        kind=kind,
        organization=case.organization,
        about=case.public_id,
        by=by,
        to=list(people.values()),
        request=request,
        case=case,
    )


def _redraw_silent(case: Case, request: UrgentRequest) -> None:
    """Draw others for those who have not decided, where others can be drawn."""
    voted = set(request.votes.values_list("officer_id", flat=True))
    for name in ("assigned_to", "second_officer"):
        silent = getattr(case, f"{name}_id")
        if silent in voted:
            continue
        try:
            officer = draw_on_call(case, besides=[case.assigned_to_id, case.second_officer_id, *voted])
        except Conflict:
            return
        Case.objects.filter(pk=case.pk).update(**{name: officer})
        setattr(case, name, officer)
        write_to([officer], request, case, by=CLOCK)
