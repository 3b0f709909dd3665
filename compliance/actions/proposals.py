"""Proposing policy: a tightening is in force at once, a loosening takes a second officer and a day."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from compliance import simulation
from compliance.actions import policies
from compliance.models import PolicyEpoch, PolicyProposal, PolicySimulation, PolicyVersionRecord
from compliance.models.policy import ProposalStatus
from compliance.policy.rules import Lineage, PolicyVersion
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, Refused
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope

LOOSENING_WAITS = timedelta(hours=24)


def simulate(*, document: str, by: Actor) -> PolicySimulation:
    """Simulate a document against the last 90 days, and keep the result.

    Raises:
        PolicyError: The document is wrong.
    """
    require_officer(by)
    with officer_scope():
        version, _ = policies.read_next(document, _lineage())
        return PolicySimulation.objects.create(
            sha256=document_hash(document),
            version=version.label,
            result=simulation.simulate(version).to_json(),
            simulated_by=by.id,
        )


def propose(*, document: str, by: Actor, simulated: PolicySimulation | None = None) -> PolicyProposal:
    """Propose the next version of the pack in force. Whether it loosens is computed.

    A tightening is in force at once, unratified until a second officer ratifies it. A loosening waits for a
    second officer's countersignature and then counts from 24 hours later.

    Args:
        document: The version in TOML; `based_on`, where it says so, is the newest version of its pack. Its
            `published_at` is replaced by the moment it counts from.
        by: The officer who proposes.
        simulated: Its simulation, without which nothing is loosened.

    Raises:
        PolicyError: The document is wrong.
        Refused: `simulation_missing`, it loosens and was not simulated, or not as it is now.
        Conflict: `number_taken`, or `pending`, a loosening waits to count: withdraw that first.
    """
    require_officer(by)
    with transaction.atomic():
        epoch = PolicyEpoch.objects.select_for_update().get()
        version, found = policies.read_next(document, PolicyVersionRecord.objects.lineage(epoch.pack))
        if found:
            _require_simulation(document, simulated)
        proposal = PolicyProposal.objects.create(
            document=document,
            sha256=document_hash(document),
            based_on=_newest_label(epoch.pack),
            loosenings=found,
            proposed_by=by.id,
        )
        if found:
            audit.record(verb="policy.proposed", actor=by, target=proposal, loosens=len(found))
        else:
            _publish(proposal, version, by=by.id, second="", counts_from=database_now(), actor=by)
    return proposal


def countersign(*, proposal: PolicyProposal, sha256: str, by: Actor) -> PolicyProposal:
    """Publish a loosening as the second officer; it counts from 24 hours later.

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
        if row.sha256 != sha256:
            raise Refused("other_document", "This is not the document that was proposed. Read it again.")
        epoch = PolicyEpoch.objects.select_for_update().get()
        version, _ = policies.read_next(row.document, PolicyVersionRecord.objects.lineage(epoch.pack))
        row.decided_by, row.decided_at = by.id, database_now()
        counts_from = database_now() + LOOSENING_WAITS
        _publish(row, version, by=row.proposed_by, second=by.id, counts_from=counts_from, actor=by)
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
        row.status, row.decided_by, row.decided_at = ProposalStatus.REFUSED, by.id, database_now()
        row.save(update_fields=["status", "decided_by", "decided_at"])
        audit.record(verb="policy.refused", actor=by, target=row)
    return row


def document_hash(document: str) -> str:
    """Return the SHA-256 of a document, which a countersignature repeats."""
    return hashlib.sha256(document.encode()).hexdigest()


def _newest_label(pack: str) -> str:
    return str(PolicyVersionRecord.objects.of_pack(pack).last())


def _require_simulation(document: str, simulated: PolicySimulation | None) -> None:
    if simulated is None or simulated.sha256 != document_hash(document):
        raise Refused("simulation_missing", "This loosens the policy. Simulate this very document first.")


def _waiting(proposal: PolicyProposal, by: Actor) -> PolicyProposal:
    row = PolicyProposal.objects.select_for_update().get(pk=proposal.pk)
    if row.status != ProposalStatus.WAITING:
        raise Conflict("decided", "This proposal was decided already.")
    if row.proposed_by == by.id:
        raise Refused("second_officer", "Another officer has to decide about what you proposed.")
    return row


def _publish(
    proposal: PolicyProposal,
    version: PolicyVersion,
    *,
    by: str,
    second: str,
    counts_from: datetime,
    actor: Actor,
) -> None:
    record = policies.enter(replace(version, published_at=counts_from), by, second)
    proposal.status, proposal.published = ProposalStatus.PUBLISHED, record
    proposal.save()
    policies.announce([record], actor)


def _lineage() -> Lineage:
    return PolicyVersionRecord.objects.lineage(PolicyEpoch.objects.get().pack)
