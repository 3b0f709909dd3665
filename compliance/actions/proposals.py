"""Proposing policy: a tightening is in force at once, a loosening takes a second officer and a day."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction

from compliance.actions import letters, policies
from compliance.models import PolicyProposal, PolicySimulation, PolicyVersionRecord
from compliance.models.proposals import ProposalStatus, SimulationStatus
from compliance.policy.rules import PolicyVersion
from compliance.states import PROPOSAL_TRANSITIONS
from compliance.versions import RATIFIED_WITHIN, only_lifts_stop
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, Refused
from portal.common.states import move
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor

LOOSENING_WAITS = timedelta(hours=24)


def propose(
    *,
    document: str,
    by: Actor,
    simulated: PolicySimulation | None = None,
    signed: bool = True,
    reasons: str = "",
) -> PolicyProposal:
    """Propose a document as the next version of the pack in force, without keeping a draft of it before.

    Args:
        document: The version in TOML; `based_on`, where it says so, is the version in force. Its
            `published_at` is replaced by the moment it counts from.
        by: The officer who proposes, or in whose name it is proposed.
        simulated: Its simulation, without which nothing is loosened.
        signed: False for a shell, which signs nothing: two officers have to, each with their own sign-in.
        reasons: Why.

    Raises:
        As `submit`.
    """
    require_officer(by)
    with transaction.atomic():
        draft = begin(document, by, reasons=reasons)
        if simulated and simulated.sha256 == draft.sha256 and simulated.status == SimulationStatus.DONE:
            move(draft, ProposalStatus.SIMULATED, table=PROPOSAL_TRANSITIONS)
        return _submit(draft, by, signed=signed)


def submit(*, proposal: PolicyProposal, sha256: str, by: Actor) -> PolicyProposal:
    """Propose a draft. Whether it loosens is computed.

    A tightening is in force at once, unratified until a second officer ratifies it. A loosening waits for a
    second officer's countersignature and then counts from 24 hours later.

    Args:
        proposal: The draft.
        sha256: Hash of the document that the officer saw.
        by: Whose draft it is.

    Raises:
        PolicyError: The document is wrong.
        Refused: `simulation_missing`, it loosens and was not simulated as it is now; `not_yours`;
            `platform_stop`; `other_document`.
        Conflict: `number_taken`; `nothing_changed`; or `pending`, a loosening waits to count: withdraw that
            first.
    """
    require_officer(by)
    with transaction.atomic():
        row = own_draft(proposal, by)
        _require_same(row, sha256)
        return _submit(row, by, signed=True)


def countersign(*, proposal: PolicyProposal, sha256: str, by: Actor) -> PolicyProposal:
    """Publish a loosening as the second officer; it counts from 24 hours later.

    What a shell proposed has no signature yet: the first officer signs it, and another one publishes it. The
    lift of a platform-wide stop counts at once, since it only restores what was in view of all before.

    Args:
        proposal: What the first officer proposed.
        sha256: Hash of the document the second officer read.
        by: The second officer.

    Raises:
        Refused: `second_officer`, or `other_document`, the hash is of another document.
        Conflict: `decided`, or `number_taken`, another version came in between.
    """
    require_officer(by)
    with transaction.atomic():
        row = _waiting(proposal, by)
        _require_same(row, sha256)
        if not row.signed_by:
            policies.sign(row, by)
            return row
        following = policies.next_of(policies.locked_epoch().pack)
        policies.require_nothing_pending(following)
        version, _ = policies.read_next(row.document, following)
        now = database_now()
        row.decided_by, row.decided_at = by.id, now
        at_once = only_lifts_stop(following.base, version)
        counts_from = now if at_once else now + LOOSENING_WAITS
        publish(row, replace(version, published_at=counts_from), by)
    return row


def refuse(*, proposal: PolicyProposal, by: Actor) -> PolicyProposal:
    """Refuse a loosening as the second officer.

    Raises:
        Refused: `second_officer`.
        Conflict: `decided`.
    """
    require_officer(by)
    with transaction.atomic():
        row = _waiting(proposal, by)
        decided = {"decided_by": by.id, "decided_at": database_now()}
        move(row, ProposalStatus.REFUSED, table=PROPOSAL_TRANSITIONS, **decided)
        audit.record(verb="policy.refused", actor=by, target=row)
    return row


def take_back(*, proposal: PolicyProposal, by: Actor) -> PolicyProposal:
    """Make a draft of one's own proposal again, before anybody decided about it.

    Raises:
        Refused: `not_yours`.
        Conflict: `decided`.
    """
    require_officer(by)
    with transaction.atomic():
        row = _locked(proposal)
        if row.proposed_by != by.id:
            raise Refused("not_yours", "Only the officer who proposed this takes it back. You can refuse it.")
        fields: dict[str, Any] = {"signed_by": "", "proposed_at": None, "loosenings": []}
        move(row, ProposalStatus.DRAFT, table=PROPOSAL_TRANSITIONS, **fields)
        audit.record(verb="policy.taken_back", actor=by, target=row)
    return row


def begin(document: str, by: Actor, *, reasons: str = "") -> PolicyProposal:
    """Keep a document as a draft. Inside a transaction.

    Raises:
        As `policies.read_next`.
    """
    following = policies.next_of(policies.locked_epoch().pack)
    version, _ = policies.read_next(document, following)
    draft: PolicyProposal = PolicyProposal.objects.create(
        document=document,
        sha256=document_hash(document),
        based_on=following.base.label,
        reasons=reasons,
        proposed_by=by.id,
    )
    audit.record(verb="policy.drafted", actor=by, target=draft, version=version.label)
    return draft


def own_draft(proposal: PolicyProposal, by: Actor) -> PolicyProposal:
    """Return a draft of the officer's own, locked against change. Inside a transaction.

    Raises:
        Refused: `not_yours`.
        Conflict: `not_a_draft`, it was proposed or discarded.
    """
    row: PolicyProposal = PolicyProposal.objects.select_for_update().get(pk=proposal.pk)
    if row.proposed_by != by.id:
        raise Refused("not_yours", "This draft is another officer's. Start one of your own from it.")
    if row.status not in {ProposalStatus.DRAFT, ProposalStatus.SIMULATED}:
        raise Conflict("not_a_draft", "This was proposed or discarded, so it is no draft any more.")
    return row


def publish(proposal: PolicyProposal, version: PolicyVersion, by: Actor) -> PolicyVersionRecord:
    """Publish what was proposed, signed as it is. Inside a transaction that holds the epoch."""
    recorded_by = proposal.signed_by or f"shell:{proposal.proposed_by}"
    record = policies.enter(version, recorded_by, proposal.decided_by)
    fields: dict[str, Any] = {"decided_by": proposal.decided_by, "decided_at": proposal.decided_at}
    fields |= {"published": record, "proposed_at": proposal.proposed_at or database_now()}
    move(proposal, ProposalStatus.PUBLISHED, table=PROPOSAL_TRANSITIONS, **fields)
    policies.announce([record], by)
    if not record.ratified_at:
        due = version.published_at + RATIFIED_WITHIN
        letters.write(
            kind="policy_to_ratify", organization=None, about=record.public_id, by=by, record=record, due=due
        )
    return record


def document_hash(document: str) -> str:
    """Return the SHA-256 of a document, which a countersignature repeats."""
    return hashlib.sha256(document.encode()).hexdigest()


def _submit(row: PolicyProposal, by: Actor, *, signed: bool) -> PolicyProposal:
    following = policies.next_of(policies.locked_epoch().pack)
    policies.require_nothing_pending(following)
    version, found = policies.read_next(row.document, following)
    if version.rules == following.base.rules:
        raise Conflict("nothing_changed", "This changes no rule, so there is nothing to propose.")
    now = database_now()
    row.signed_by, row.proposed_at, row.loosenings = by.id if signed else "", now, found
    row.save(update_fields=["signed_by", "proposed_at", "loosenings"])
    if not found:
        publish(row, replace(version, published_at=now), by)
        return row
    if row.status != ProposalStatus.SIMULATED and not only_lifts_stop(following.base, version):
        raise Refused("simulation_missing", "This loosens the policy. Simulate this very document first.")
    move(row, ProposalStatus.WAITING, table=PROPOSAL_TRANSITIONS)
    audit.record(verb="policy.proposed", actor=by, target=row, loosens=len(found))
    return row


def _require_same(row: PolicyProposal, sha256: str) -> None:
    if row.sha256 != sha256:
        raise Refused("other_document", "This is not the document that was proposed. Read it again.")


def _locked(proposal: PolicyProposal) -> PolicyProposal:
    row: PolicyProposal = PolicyProposal.objects.select_for_update().get(pk=proposal.pk)
    if row.status != ProposalStatus.WAITING:
        raise Conflict("decided", "This proposal was decided already.")
    return row


def _waiting(proposal: PolicyProposal, by: Actor) -> PolicyProposal:
    row = _locked(proposal)
    if row.signed_by == by.id:
        raise Refused("second_officer", "Another officer has to decide about what you proposed.")
    return row
