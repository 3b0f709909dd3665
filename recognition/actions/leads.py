"""What becomes of leads: their outcome from another source, and their withdrawal, which recipients are told.

A lead is a candidate, or a pair, that reviewers judged worth following up.

Neither waits for the release gate: both show nothing, and a lead must be withdrawable also when a rule has
closed the results.
"""

from __future__ import annotations

from django.db.models import QuerySet

from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import notices, reviews
from recognition.models import CandidateStatus, Judged, LeadOutcome, LeadWithdrawal, Notice, OutcomeStatus
from recognition.models.verifications import reference
from recognition.states import CANDIDATE, OUTCOME

LONGEST_SOURCE = 200


def record_outcome(*, lead: Judged, outcome: str, source: str, reason: str, by: Actor) -> LeadOutcome:
    """Record what became of a lead. What was recorded before stays, and the newest counts.

    Args:
        lead: A candidate or pair that reviewers made a lead.
        outcome: An `OutcomeStatus`.
        source: Who or what it is known from: never the similarity.
        reason: What they found.
        by: Who follows it up.

    Raises:
        Refused: `permission`.
        InvalidInput: `outcome_unknown`, `source_missing`, `source_too_long`, `reason_missing`.
        Conflict: `not_a_lead`, `outcome_already`.
    """
    notices.require_follow_up(by, lead)
    _check(outcome, source, reason)
    with tenant_scope(lead.organization_id):
        locked = _locked(lead)
        newest = newest_outcome(locked)
        if not OUTCOME.allows(newest, outcome):
            sentence = f"This outcome stands already: {OutcomeStatus(newest).label}."
            raise Conflict("outcome_already", sentence, field="outcome")
        made: LeadOutcome = LeadOutcome.objects.create(
            organization_id=lead.organization_id,
            **reference(locked, candidate="lead"),
            outcome=outcome,
            source=source.strip(),
            reason=reason.strip(),
            recorded_by=by.id,
        )
        audit.record(
            verb="lead.outcome_recorded",
            actor=by,
            target=locked,
            organization=lead.organization_id,
            outcome=outcome,
        )
    return made


def withdraw(*, lead: Judged, reason: str, by: Actor) -> list[Notice]:
    """Take a lead back, and tell everybody it was handed to.

    Returns:
        A notice for each export that carried it.

    Raises:
        Refused: `permission`.
        InvalidInput: `reason_missing`.
        Conflict: `not_a_lead`.
    """
    if by.kind == "key":  # it cannot be undone, so a key needs the scope by name
        require(by, Permission.RECALL_RESULTS, organization=lead.organization_id)
    else:
        notices.require_follow_up(by, lead)
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say why it is no lead any more.", field="reason")
    job = reviews.job_of(lead)
    with tenant_scope(lead.organization_id):
        locked = _locked(lead)
        move(locked, CandidateStatus.WITHDRAWN, table=CANDIDATE)
        named = reference(locked, candidate="lead")
        LeadWithdrawal.objects.create(
            organization_id=lead.organization_id, **named, reason=reason.strip(), withdrawn_by=by.id
        )
        made = notices.tell_recipients(job=job, lead=locked, by=by)
        audit.record(
            verb="lead.withdrawn",
            actor=by,
            target=locked,
            organization=lead.organization_id,
            exports=len(made),
        )
    return made


def newest_outcome(lead: Judged) -> str:
    """Return the outcome that counts, `""` where there is none. In scope."""
    newest = outcomes(lead).first()
    return newest.outcome if newest else ""


def outcomes(lead: Judged) -> QuerySet[LeadOutcome]:
    """Return what was recorded of a lead, the newest first. In scope."""
    rows = LeadOutcome.objects.filter(**reference(lead, candidate="lead"))
    found: QuerySet[LeadOutcome] = rows.order_by("-created_at", "-pk")
    return found


def require_lead(candidate: Judged) -> None:
    """Let leads on only.

    Raises:
        Conflict: `not_a_lead`, with what it is.
    """
    if candidate.status == CandidateStatus.WITHDRAWN:
        raise Conflict("not_a_lead", "This lead was withdrawn. Nothing more is made of it.")
    if candidate.status != CandidateStatus.LEAD:
        state = candidate.get_status_display().lower()
        raise Conflict("not_a_lead", f"Only what reviewers made a lead can be followed up. This is: {state}.")


def _locked(lead: Judged) -> Judged:
    """Return the lead as it is now, held against change. In scope."""
    found: Judged = type(lead).objects.select_for_update().get(pk=lead.pk)
    require_lead(found)
    return found


def _check(outcome: str, source: str, reason: str) -> None:
    if outcome not in OutcomeStatus.values:
        raise InvalidInput("outcome_unknown", "Choose confirmed, ruled_out or unknown.", field="outcome")
    if not source.strip():
        raise InvalidInput("source_missing", "Say who or what it is known from.", field="source")
    if len(source.strip()) > LONGEST_SOURCE:
        raise InvalidInput("source_too_long", f"At most {LONGEST_SOURCE} characters.", field="source")
    if not reason.strip():
        raise InvalidInput("reason_missing", "Say in a sentence what was found.", field="reason")
