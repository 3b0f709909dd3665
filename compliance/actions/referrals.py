"""Requests that no rule clears or refuses: an officer decides about each."""

from __future__ import annotations

from uuid import UUID

from compliance.actions import cases
from compliance.actions.cases import reviewing
from compliance.actions.decisions import APPROVE, REFUSE, record
from compliance.actions.outcomes import end
from compliance.impartiality import require_assigned
from compliance.models import Case, RulingRecord
from compliance.models.cases import CaseKind, CaseStatus
from compliance.policy.vocabulary import Outcome
from compliance.states import CASE_TRANSITIONS, require_undecided
from portal.common.errors import InvalidInput
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization

_REFERRED = (CaseKind.REFERRAL, CaseKind.NO_RULE)


def decide(*, case: Case, approve: bool, reasons: str, by: Actor) -> Case:
    """Decide on a referred request.

    Raises:
        Refused: `not_assigned`, `own_organization` or `self_review`.
        InvalidInput: `reasons_missing` or `not_a_referral`.
    """
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Give your reasons.", field="reasons")
    if case.kind not in _REFERRED:
        raise InvalidInput("not_a_referral", "This case is about no referred request.")
    with reviewing(case) as row:
        require_assigned(row, by)
        require_undecided(row)
        outcome = APPROVE if approve else REFUSE
        move(row, CaseStatus.RECOMMENDED, table=CASE_TRANSITIONS)
        record(row, by, outcome, reasons, None)
        end(row, outcome, by)
    return row


def withdraw(subject: str, *, organization: Organization | UUID, by: Actor) -> None:
    """Withdraw the open case of a referred request that came to its end otherwise. Inside a scope."""
    key = organization if isinstance(organization, UUID) else organization.pk
    waiting = Case.objects.open().filter(organization_id=key, subject=subject, kind__in=_REFERRED)
    for case in waiting:
        if CASE_TRANSITIONS.allows(case.status, CaseStatus.WITHDRAWN):
            cases.withdraw(case, by=by)


def outcome_of(subject: str, *, organization: Organization) -> str:
    """Return `approve`, `refuse`, or nothing while a referred request waits. Inside a scope."""
    newest = _decided(subject, organization)
    return newest.outcome if newest else ""


def approves(ruling: RulingRecord) -> bool:
    """Tell whether an officer approved what a ruling refers. Inside a scope.

    An approval is of what the officer had before them: every rule that refers the request has to be among
    those. One that refers it later, say when a moratorium has lapsed, takes a decision of its own, also
    where another rule is named first.
    """
    case = _decided(ruling.subject, ruling.organization)
    if case is None or case.outcome != APPROVE:
        return False
    seen = RulingRecord.objects.about(ruling.subject).filter(
        organization=ruling.organization_id, outcome=Outcome.REFERRED, made_at__lte=case.decided_at
    )
    return _referring(ruling) <= frozenset().union(*map(_referring, seen))


def _referring(ruling: RulingRecord) -> frozenset[str]:
    """Return every rule that refers in a ruling, not only the one that is named as deciding it."""
    return frozenset(one["rule_id"] for one in ruling.looked_at if one["counts_as"] == Outcome.REFERRED)


def _decided(subject: str, organization: Organization) -> Case | None:
    decided = Case.objects.filter(
        organization=organization,
        subject=subject,
        kind__in=_REFERRED,
        status__in=(CaseStatus.DECIDED, CaseStatus.CLOSED),
    )
    newest: Case | None = decided.order_by("-decided_at").first()
    return newest
