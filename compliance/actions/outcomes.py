"""What comes of a decision: a determination, an end of a stop, or things stay as they are."""

from __future__ import annotations

from compliance.actions import (
    determinations,
    grants,
    letters,
    revocations,
    second_looks,
    suspensions,
    tidings,
)
from compliance.findings import Finding, finding_from_json, reasons_for_two, with_urgent
from compliance.models import Case, Determination, Recommendation
from compliance.models.cases import CaseKind, CaseStatus
from compliance.models.determinations import DeterminationOutcome
from compliance.models.onboarding import ApplicationStatus
from compliance.standing import determination_in_force
from compliance.states import APPLICATION_TRANSITIONS, CASE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Refused
from portal.common.states import move
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus, User

LIFT, REVOKE, UPHELD, OVERTURNED = suspensions.LIFT, suspensions.REVOKE, "upheld", "overturned"
# Outcomes that need no finding, and the kinds of case in which they can be recommended.
WITHOUT_FINDING = {
    LIFT: {CaseKind.INCIDENT, CaseKind.ALERT, CaseKind.APPEAL},
    REVOKE: {CaseKind.INCIDENT},
    UPHELD: {CaseKind.APPEAL},
}
# Whoever asks for more and is refused keeps what was determined before: nothing takes its place.
_ASKED_FOR_MORE = frozenset(
    {CaseKind.NEW_PURPOSE, CaseKind.END_USER_CHANGE, CaseKind.EXEMPTION, CaseKind.RECERTIFICATION}
)
_S = OrganizationStatus


def needs_two(case: Case, finding: Finding) -> list[str]:
    """Return why a case takes two officers, nothing where one is enough. Inside a scope."""
    before = determination_in_force(case.organization)
    reasons = reasons_for_two(finding, before)
    if case.organization.status == _S.SUSPENDED:
        reasons.append("The organization is suspended.")
    if case.organization.status == _S.REVOKED:
        reasons.append("The organization was revoked.")
    return reasons


def carry_out(
    case: Case, recommendation: Recommendation, *, by: Actor, second: User | None
) -> Determination | None:
    """End a case as it was recommended, on what stands by now. Inside a scope.

    Returns:
        The determination, None where the outcome needs none.

    Raises:
        Refused: `second_officer`, it takes two by now; `revoked`.
        Conflict: `stopped_since`, or what was recommended was revoked or given up meanwhile.
    """
    _require_as_recommended(case, recommendation, second)
    if recommendation.outcome in WITHOUT_FINDING:
        _carry_out_plain(case, recommendation, by, second)
        return None
    revocations.require_none_since(recommendation.recommended_at, case.organization)
    before = determination_in_force(case.organization)
    finding = finding_from_json(recommendation.finding)
    grants.require_none_given_up(finding, case.organization, since=recommendation.recommended_at)
    if not finding.is_granted and case.kind == CaseKind.APPEAL:
        _uphold(case, finding.reasons, by)  # what stands is not made stricter by an appeal against it
        return None
    if not finding.is_granted and case.kind in _ASKED_FOR_MORE:
        end(case, finding.outcome, by)
        _close_application(case)
        tidings.declined(case, by=by, reasons=finding.reasons)
        return None
    finding = with_urgent(finding, before, now=database_now())
    determination = determinations.insert(
        case.organization, finding, case=case, decided_by=recommendation.officer, second=second, by=by
    )
    end(case, OVERTURNED if case.kind == CaseKind.APPEAL else finding.outcome, by)
    _close_application(case)
    determinations.follow(case.organization, finding, by)
    determinations.open_status_differences(organization=case.organization, by=by)
    tidings.decided(case, determination, by=by)
    second_looks.draw(determination, by=by)
    return determination


def _require_as_recommended(case: Case, recommendation: Recommendation, second: User | None) -> None:
    """Look at the organization again, locked: what one officer could decide then may take two by now.

    Raises:
        Refused: `second_officer`, it was suspended or revoked meanwhile; `revoked`.
        Conflict: `stopped_since`.
    """
    case.organization = Organization.objects.select_for_update().get(pk=case.organization_id)
    outcome, status = recommendation.outcome, case.organization.status
    looser = outcome in {LIFT, DeterminationOutcome.GRANTED}
    if looser and status == _S.REVOKED and case.kind != CaseKind.APPEAL:
        raise Refused("revoked", "The organization was revoked. Only an appeal can bring it back.")
    if looser:
        suspensions.require_none_since(recommendation.recommended_at, case.organization)
    if second is None and _takes_two(case, recommendation):
        raise Refused("second_officer", "This takes a second officer by now. Recommend it anew.")


def _takes_two(case: Case, recommendation: Recommendation) -> bool:
    if recommendation.outcome in WITHOUT_FINDING:
        return recommendation.outcome != UPHELD and case.organization.status == _S.SUSPENDED
    return bool(needs_two(case, finding_from_json(recommendation.finding)))


def _carry_out_plain(case: Case, recommendation: Recommendation, by: Actor, second: User | None) -> None:
    if recommendation.outcome == UPHELD:
        _uphold(case, recommendation.reasons, by)
        return
    suspensions.carry_out(case, recommendation, by=by, second=second)
    end(case, OVERTURNED if case.kind == CaseKind.APPEAL else recommendation.outcome, by)
    _close_application(case)


def _uphold(case: Case, reasons: str, by: Actor) -> None:
    end(case, UPHELD, by)
    _close_application(case)
    letters.write(
        kind="appeal_upheld",
        organization=case.organization,
        about=case.public_id,
        by=by,
        case=case,
        reasons=reasons,
    )


def decline(case: Case, by: Actor) -> None:
    """End a case without what was recommended: two officers refused it. Inside a scope."""
    if case.kind == CaseKind.APPEAL:
        _uphold(case, "Two officers found no reason to change the decision.", by)
        return
    end(case, DeterminationOutcome.REJECTED, by)
    _close_application(case)
    if case.organization.status == _S.IN_REVIEW:
        organizations.change_status(case.organization, _S.REJECTED, by=by, reason="case")
    tidings.declined(case, by=by)


def end(case: Case, outcome: str, by: Actor) -> None:
    """Mark a case as decided. Inside a scope."""
    move(case, CaseStatus.DECIDED, table=CASE_TRANSITIONS, outcome=str(outcome), decided_at=database_now())
    audit.record(verb="case.decided", actor=by, target=case, organization=case.trail_id, outcome=str(outcome))


def _close_application(case: Case) -> None:
    application = case.application
    if application and application.status == ApplicationStatus.SUBMITTED:
        move(application, ApplicationStatus.DECIDED, table=APPLICATION_TRANSITIONS)
