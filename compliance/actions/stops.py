"""The stop of the whole platform: one officer, at once; going on takes two.

It is a policy version like any other, with one rule more that refuses everything: what was ruled under it
gives the same ruling for ever, and ratifying, escalating and naming it publicly are those of any tightening.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from compliance import documents
from compliance.actions import policies, proposals
from compliance.models import PolicyProposal, PolicyVersionRecord
from compliance.policy.rules import Condition, Effect, Kind, Period, PolicyVersion, Rule, Source
from compliance.versions import PLATFORM_STOP, stop_of
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor

# A determination is there or not: a scope that every request meets, whatever else it states.
_EVERYTHING = (Condition("determination", frozenset({"present", "absent"})),)


def declare(*, reasons: str, by: Actor) -> PolicyVersionRecord:
    """Stop the whole platform at once, until two officers let it go on.

    A version that waits to count is withdrawn with it: it was written for a platform that runs.

    Args:
        reasons: Why. They stand in the policy, where everybody reads them.
        by: The officer.

    Raises:
        InvalidInput: `reasons_missing`.
        Conflict: `stopped`, it stands already.
    """
    require_officer(by)
    _require(reasons)
    with transaction.atomic():
        pack = policies.locked_epoch().pack
        following = policies.next_of(pack)
        if stop_of(following.base):
            raise Conflict("stopped", "The platform is stopped already.")
        if following.pending:
            record = PolicyVersionRecord.objects.get(pack=pack, number=following.pending.number)
            policies.withdraw(record=record, by=by)
        published = _published(following, reasons.strip(), by)
        audit.record(verb="policy.stopped", actor=by, target=published)
    return published


def propose_lift(*, reasons: str, by: Actor) -> PolicyProposal:
    """Propose to let the platform go on; a second officer countersigns, and it counts at once.

    Raises:
        InvalidInput: `reasons_missing`.
        Conflict: `not_stopped`, or `proposed_already`.
    """
    require_officer(by)
    _require(reasons)
    with transaction.atomic():
        following = policies.next_of(policies.locked_epoch().pack)
        if stop_of(following.base) is None:
            raise Conflict("not_stopped", "The platform is not stopped.")
        document = documents.write(_without_stop(following), following.base)
        sha256 = proposals.document_hash(document)
        if PolicyProposal.objects.waiting().filter(sha256=sha256).exists():
            raise Conflict("proposed_already", "This is proposed already. Another officer countersigns it.")
        return proposals.propose(document=document, reasons=reasons.strip(), by=by)


def _stop_rule(reasons: str, now: datetime) -> Rule:
    return Rule(
        id=PLATFORM_STOP,
        kind=Kind.SWITCH,
        effect=Effect.REFUSE,
        scope=_EVERYTHING,
        period=Period(now),
        source=Source("Order of the compliance office", now.date(), "/transparency/"),
        source_says=reasons,
        our_reading="It covers every organization, purpose and operation, and every look at results.",
        sentence="The whole platform is stopped: no face is looked at by anybody.",
        remedy="Wait until two officers let the platform go on. Nothing was deleted, and held jobs are kept.",
    )


def _published(following: policies.Next, reasons: str, by: Actor) -> PolicyVersionRecord:
    base, now = following.base, database_now()
    rules = (*base.rules, _stop_rule(reasons, now))
    version = PolicyVersion(pack=base.pack, number=following.number, published_at=now, rules=rules)
    document = documents.write(version, base)
    proposal: PolicyProposal = PolicyProposal.objects.create(
        document=document,
        sha256=proposals.document_hash(document),
        based_on=base.label,
        reasons=reasons,
        proposed_by=by.id,
        signed_by=by.id,
        proposed_at=now,
    )
    return proposals.publish(proposal, version, by)


def _without_stop(following: policies.Next) -> PolicyVersion:
    version = documents.without_rule(following.base, PLATFORM_STOP)
    # One document for the same lift, whoever writes it and when: its moment is that of the base.
    return replace(version, number=following.number)


def _require(reasons: str) -> None:
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why; everybody can read it.", field="reasons")
