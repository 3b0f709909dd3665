"""Deciding: one officer recommends, and where two are needed a second votes."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from compliance.actions import checklists, suspensions
from compliance.actions.cases import reviewing
from compliance.actions.outcomes import UPHELD, WITHOUT_FINDING, carry_out, decline, needs_two
from compliance.findings import Finding, check
from compliance.impartiality import draw_officer, officer_key, require_assigned, require_impartial, voters
from compliance.models import Case, Determination, Recommendation
from compliance.models.cases import CaseKind, CaseStatus
from compliance.standing import lineage_in_force
from compliance.states import CASE_TRANSITIONS, require_undecided
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, Refused
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.models import OrganizationStatus, User

APPROVE, RETURN, REFUSE = "approve", "return", "refuse"
VOTES = frozenset({APPROVE, RETURN, REFUSE})
_S = OrganizationStatus


def recommend(*, case: Case, finding: Finding, by: Actor) -> Recommendation:
    """Recommend a finding. Where two officers are needed, a second one is drawn.

    Raises:
        Refused: `not_assigned`, `own_organization`, `self_review`, or `revoked`.
        InvalidInput: What is wrong with the finding; `checklist_open` or `checklist_lacking`.
        Conflict: `case_withdrawn`, `case_decided`, `transition_not_allowed`, or `no_officer` is left to be
            the second.
    """
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        if row.kind == CaseKind.URGENT:
            raise Refused("urgent", "An urgent request is decided by two votes, for one case and 72 hours.")
        if row.organization.status == _S.REVOKED and finding.is_granted and row.kind != CaseKind.APPEAL:
            raise Refused("revoked", "The organization was revoked. Only an appeal can bring it back.")
        now = database_now()
        checked = check(finding, version=lineage_in_force().known_at(now), now=now)
        checklists.require_complete(row, checked)
        move(row, CaseStatus.RECOMMENDED, table=CASE_TRANSITIONS)
        recommendation = record(row, by, checked.outcome, checked.reasons, checked)
        _event("case.recommended", row, by, outcome=checked.outcome)
        if needs_two(row, checked):
            _wait_for_second(row, [by.user_id])
    return recommendation


def recommend_outcome(*, case: Case, outcome: str, reasons: str, by: Actor) -> Recommendation:
    """Recommend to lift a stop, to revoke a suspended organization, or to uphold what is appealed.

    Lifting a suspension and revoking take a second officer, who is drawn; lifting a restriction and upholding
    do not.

    Raises:
        InvalidInput: `outcome`, not possible in this case, or `reasons_missing`.
        Refused: `not_assigned`, `own_organization` or `self_review`.
        Conflict: `not_suspended`, `not_stopped`, `transition_not_allowed` or `no_officer`.
    """
    if case.kind not in WITHOUT_FINDING.get(outcome, ()):
        raise InvalidInput("outcome", "This cannot be the outcome of such a case.", field="outcome")
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Give your reasons.", field="reasons")
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        suspensions.require_stopped(row.organization, outcome)
        move(row, CaseStatus.RECOMMENDED, table=CASE_TRANSITIONS)
        recommendation = record(row, by, outcome, reasons, None)
        _event("case.recommended", row, by, outcome=outcome)
        if outcome != UPHELD and row.organization.status == _S.SUSPENDED:
            _wait_for_second(row, [by.user_id])
    return recommendation


def determine(*, case: Case, by: Actor) -> Determination | None:
    """Carry out one's own recommendation, where one officer is enough.

    Returns:
        The determination, None where the outcome needs none.

    Raises:
        Refused: `not_assigned`, `own_organization`, `self_review`, or `second_officer` where two are needed.
    """
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        if row.status in {CaseStatus.AWAITING_COUNTERSIGN, CaseStatus.THIRD_VOTE}:
            raise Refused("second_officer", "This takes a second officer, who was drawn and has to vote.")
        return carry_out(row, _first_recommendation(row), by=by, second=None)


def countersign(*, case: Case, vote: str, reasons: str, by: Actor) -> Case:
    """Record the second officer's own vote on a case; a third is drawn where the two disagree.

    Args:
        case: The case that waits.
        vote: `approve`, `return` (to the first officer) or `refuse`.
        reasons: The officer's own, given before they see the first officer's.
        by: The officer who was drawn.

    Raises:
        Refused: `not_assigned`, `own_organization` or `self_review`.
        InvalidInput: `vote`, also for a third vote that returns the case.
        Conflict: `case_withdrawn`, `case_decided` or `transition_not_allowed`.
    """
    if vote not in VOTES or not reasons.strip():
        raise InvalidInput("vote", "Approve, return or refuse, and say why.", field="vote")
    with reviewing(case) as row:
        require_impartial(row, by)
        require_undecided(row)
        if row.second_officer_id != by.user_id:
            raise Refused("not_assigned", "Another officer was drawn to countersign.")
        if vote == RETURN and row.status == CaseStatus.THIRD_VOTE:
            raise InvalidInput("vote", "The third vote decides: approve or refuse.", field="vote")
        first = _first_recommendation(row)
        record(row, by, vote, reasons, None)
        _event("case.countersigned", row, by, outcome=vote)
        _count(row, first, vote, by)
    return row


def _count(case: Case, first: Recommendation, vote: str, by: Actor) -> None:
    if vote == APPROVE:
        carry_out(case, first, by=by, second=_user(by))
    elif vote == RETURN and case.status == CaseStatus.AWAITING_COUNTERSIGN:
        move(case, CaseStatus.RETURNED, table=CASE_TRANSITIONS)
        _event("case.returned", case, by, reason="returned")
        move(case, CaseStatus.UNDER_REVIEW, table=CASE_TRANSITIONS, second_officer=None)
    elif case.status == CaseStatus.AWAITING_COUNTERSIGN:
        third = draw_officer(case, besides=[case.assigned_to_id, by.user_id])
        move(case, CaseStatus.THIRD_VOTE, table=CASE_TRANSITIONS, second_officer=third)
    else:
        decline(case, by)


def _wait_for_second(case: Case, besides: list[Any]) -> None:
    # Whoever voted in an earlier round has read the first officer's reasons: a fresh one votes blind.
    second = draw_officer(case, besides=besides, rather_not=voters(case))
    move(case, CaseStatus.AWAITING_COUNTERSIGN, table=CASE_TRANSITIONS, second_officer=second)


def _first_recommendation(case: Case) -> Recommendation:
    """Return the newest recommendation of the officer the case was drawn for."""
    rows = Recommendation.objects.filter(case=case, officer_id=case.assigned_to_id)
    newest: Recommendation | None = rows.order_by("-recommended_at", "-pk").first()
    if newest is None:
        raise Refused("no_recommendation", "Recommend a finding first.")
    return newest


def record(case: Case, by: Actor, outcome: str, reasons: str, finding: Finding | None) -> Recommendation:
    """Keep what an officer would decide, or voted. Inside a scope."""
    recommendation = Recommendation(
        organization_id=case.organization_id,
        case=case,
        officer_id=officer_key(by),
        outcome=outcome,
        reasons=reasons.strip(),
        finding=finding.to_json() if finding else {},
    )
    recommendation.save(force_insert=True)
    return recommendation


def _user(by: Actor) -> User:
    return get_user_model().objects.get(pk=officer_key(by))


def _event(verb: str, case: Case, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=case, organization=case.trail_id, **payload)
