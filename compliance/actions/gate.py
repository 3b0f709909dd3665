"""The gate: whatever looks at a face passes here first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from django.db.models import F

from compliance.holdings import held
from compliance.models import PolicyEpoch, RulingRecord
from compliance.policy.contradictions import contradictions
from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Facts
from compliance.policy.plain import encode
from compliance.policy.ruling import Ruling
from compliance.policy.shorthand import shorten
from compliance.policy.vocabulary import Gate, Outcome
from compliance.stated import Stated, facts_of, named_in
from portal.audit import actions as audit
from portal.common import planned
from portal.common.clock import database_now
from portal.common.errors import InvalidInput, Refused
from portal.common.inserts import insert
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import ScopeRequired, current, tenant_scope

# Where facts are stated for the first time; what was taken in there is not questioned again later.
_TAKES_IN = frozenset({Gate.SUBMIT, Gate.SYNCHRONOUS})

_EPOCHS: LiteralString = """
SELECT policy.epoch, tenant.epoch FROM compliance_policyepoch policy, tenancy_organization tenant
WHERE tenant.id = %s
"""
# Both rows are locked, the policy's first. Of one that has to be waited for, the epoch is the one after that.
_EPOCHS_FOR_SHARE: LiteralString = f"{_EPOCHS} FOR SHARE"
_CLOSE = """
UPDATE compliance_rulingrecord SET open = false WHERE organization_id = %s AND subject = %s AND open
"""


@dataclass(frozen=True)
class Epochs:
    """The two numbers that rise whenever something running has to stop and ask again."""

    policy: int
    organization: int


def rule(
    stated: Stated, *, gate: Gate, subject: str, by: Actor, organization: Organization | UUID
) -> RulingRecord:
    """Rule on a job or call, and keep the ruling whatever happens next.

    Commits in a transaction of its own, before it returns: a refusal survives the exception that follows
    it. Outside any scope. A ruling that is not cleared is no error here; see `require_cleared`.

    Args:
        stated: The facts.
        gate: Where in the life of the job or call it is asked.
        subject: Public id of what is ruled on, such as `job_…`.
        by: Who asks.
        organization: The tenant.

    Raises:
        InvalidInput: A stated word is not in the vocabulary, or a party not in the register;
            `contradiction`, what is stated cannot all be true. Nothing is ruled on then.
    """
    with tenant_scope(organization) as key:
        return rule_in_scope(stated, gate=gate, subject=subject, by=by, organization=key)


def rule_in_scope(stated: Stated, *, gate: Gate, subject: str, by: Actor, organization: UUID) -> RulingRecord:
    """Rule as `rule` does, inside a scope that the caller ends before it does or refuses anything.

    For who reads in the same scope what is stated: the ruling is kept once the scope has ended, and not
    where something raises inside it.

    Raises:
        InvalidInput: As for `rule`.
    """
    # Epochs with the rest: what changes after this look raises them above what the ruling was made under.
    holdings = held(organization, end_users=named_in(stated, by))
    facts, now, lineage = facts_of(stated, holdings, by=by), holdings.now, holdings.lineage
    if gate in _TAKES_IN:
        _require_no_contradiction(facts)
    ruling = evaluate(facts, lineage, at=now, known_at=now)
    record = RulingRecord(
        organization=holdings.organization,
        subject=subject,
        gate=gate,
        open=ruling.outcome is not Outcome.REFUSED,
        made_for=by.id,
        policy_epoch=holdings.epoch.epoch,
        organization_epoch=holdings.organization.epoch,
        **_columns(ruling, facts, lineage.next_after(now)),
    )
    event = audit.event(
        verb="ruling.made",
        actor=by,
        target=record,
        organization=organization,
        gate=str(gate),
        outcome=str(ruling.outcome),
        rule=ruling.rule_id,
        subject=subject,
    )
    insert(record, event)
    return record


def require_cleared(ruling: RulingRecord) -> RulingRecord:
    """Return the ruling where it is cleared.

    Raises:
        Refused: The rule's id as code, its sentence and remedy; `detail` has decision, rule, remedy, outcome.
    """
    if ruling.outcome == Outcome.CLEARED:
        return ruling
    raise Refused(
        ruling.rule,
        f"{ruling.sentence} {ruling.remedy}",
        decision=ruling.public_id,
        rule=ruling.rule,
        remedy=ruling.remedy,
        outcome=str(ruling.outcome),
    )


def lock_epochs_for_share(organization: Organization | UUID) -> Epochs:
    """Return both epochs, held against change until the transaction ends.

    To be called inside the transaction that writes results, before it writes: whoever publishes a policy
    or stops an organization waits for that transaction, or has made these numbers other than the ruling's.
    """
    key = organization if isinstance(organization, UUID) else organization.pk
    return _epochs(planned.row(_EPOCHS_FOR_SHARE, [key]), key)


def current_epochs(organization: Organization | UUID) -> Epochs:
    """Return both epochs as they are now, without holding them: for a look between batches."""
    key = organization if isinstance(organization, UUID) else organization.pk
    return _epochs(planned.row(_EPOCHS, [key]), key)


def _epochs(found: tuple[int, int] | None, organization: UUID) -> Epochs:
    if found is None:
        raise Organization.DoesNotExist(f"There is no organization {organization}.")
    return Epochs(*found)


def valid_now(ruling: RulingRecord, *, now: datetime | None = None) -> bool:
    """Whether a ruling is cleared and the database's clock has not reached its end."""
    return ruling.holds_at(now or database_now())


def still_stands(ruling: RulingRecord, epochs: Epochs, *, approved: bool = False) -> bool:
    """Whether results may be written under a ruling: in time, and nothing changed since.

    Inside the transaction that holds `epochs`.

    Args:
        ruling: Cleared, or referred where an officer approved.
        epochs: As locked by this transaction.
        approved: Whether the caller has seen an officer's approval of a referred request.
    """
    unchanged = epochs == Epochs(ruling.policy_epoch, ruling.organization_epoch)
    may_go = ruling.is_cleared or (approved and ruling.outcome == Outcome.REFERRED)
    return unchanged and may_go and (ruling.valid_until is None or database_now() < ruling.valid_until)


def raise_policy_epoch() -> int:
    """Raise the policy epoch and return it; waits for transactions that hold it. Inside a transaction."""
    row = PolicyEpoch.objects.select_for_update().get()
    PolicyEpoch.objects.update(epoch=F("epoch") + 1)
    return row.epoch + 1


def close(subject: str, *, organization: Organization | UUID) -> None:
    """Close the rulings on a subject that has ended. Inside a scope of the organization."""
    key = organization if isinstance(organization, UUID) else organization.pk
    if current() is None:
        raise ScopeRequired("Rulings are closed inside a scope only.")
    planned.run(_CLOSE, [key, subject])


def _require_no_contradiction(facts: Facts) -> None:
    for found in contradictions(facts):
        raise InvalidInput("contradiction", found.sentence, field=found.fact)


def _columns(ruling: Ruling, facts: Facts, next_version_at: datetime | None) -> dict[str, Any]:
    ends = [end for end in (ruling.valid_until, next_version_at) if end]
    return {
        "outcome": ruling.outcome,
        "rule": ruling.rule_id,
        "sentence": ruling.sentence,
        "remedy": ruling.remedy,
        "source": encode(ruling.source),
        "period": encode(ruling.period),
        "facts": facts.to_json(),
        "facts_sha256": ruling.facts_sha256,
        "version": ruling.version or "",
        "version_sha256": ruling.version_sha256 or "",
        "evaluator_hash": ruling.evaluator_hash,
        "at": ruling.at,
        "known_at": ruling.known_at,
        "findings": shorten(ruling),
        "obligations": ruling.obligations.to_json(),
        "valid_until": min(ends, default=None),
        "recorded_status": ruling.recorded_status,
        "computed_status": ruling.computed_status,
    }
