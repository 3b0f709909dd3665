"""Policy versions in force: entering, ratifying, withdrawing. Whatever runs asks again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Max

from compliance import documents
from compliance.actions.gate import raise_policy_epoch
from compliance.models import PolicyEpoch, PolicyProposal, PolicyVersionRecord
from compliance.policy import collisions
from compliance.policy.compare import loosenings
from compliance.policy.packs import load_pack, pack_names
from compliance.policy.rules import PolicyVersion
from compliance.versions import only_lifts_stop, stop_of
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, Refused
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor


@dataclass(frozen=True)
class Next:
    """What the next version of a pack builds on.

    Attributes:
        base: The version in force.
        number: The next number; one that was withdrawn is not used again.
        pending: A version that waits to count, before which no other can be published.
    """

    base: PolicyVersion
    number: int
    pending: PolicyVersion | None

    @property
    def label(self) -> str:
        """Pack and number of the next version."""
        return f"{self.base.pack}@{self.number}"


def load_shipped(*, by: Actor) -> list[PolicyVersionRecord]:
    """Enter the versions that ship with the product and are not entered yet; entering twice changes nothing.

    A version that arrives after its pack is in use counts from now, not from the day it says: what was
    ruled in between was ruled without it. Where officers published versions of a pack, it would undo theirs:
    it is left out, and has to be proposed like any other.
    """
    with transaction.atomic():
        entered = [record for name in pack_names() for record in _load_pack(name, by)]
        if entered:
            announce(entered, by)
    return entered


def publish_synthetic(*, document: str, by: Actor) -> PolicyVersionRecord:
    """Publish a version at once by command, marked as synthetic. The caller checks the switch that allows it.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `number_taken`, or `pending`.
    """
    with transaction.atomic():
        following = next_of(locked_epoch().pack)
        require_nothing_pending(following)
        version, _ = read_next(document, following)
        record = enter(replace(version, published_at=database_now()), by.id, "system:command", synthetic=True)
        announce([record], by)
    return record


def withdraw(*, record: PolicyVersionRecord, by: Actor) -> PolicyVersionRecord:
    """Withdraw a loosening before it counts: one officer, at once.

    Raises:
        Conflict: `in_force`, it counts already: publish a stricter version instead.
    """
    require_officer(by)
    with transaction.atomic():
        now = database_now()
        waiting = PolicyVersionRecord.objects.filter(pk=record.pk, published_at__gt=now, withdrawn_at=None)
        if not waiting.update(withdrawn_at=now):
            raise Conflict("in_force", "This version counts already. Publish a stricter one.")
        audit.record(verb="policy.withdrawn", actor=by, target=record, pack=record.pack, number=record.number)
    record.refresh_from_db()
    return record


def ratify(*, record: PolicyVersionRecord, by: Actor) -> PolicyVersionRecord:
    """Ratify a tightening, as an officer who did not sign it.

    A version that a shell put in force has no signature yet: the first officer who ratifies it signs it, and
    another one ratifies it.

    Raises:
        Refused: `second_officer`.
        Conflict: `ratified`.
    """
    require_officer(by)
    with transaction.atomic():
        row = PolicyVersionRecord.objects.select_for_update().get(pk=record.pk)
        if row.ratified_at or row.shipped:
            raise Conflict("ratified", "This version is ratified already.")
        proposal = PolicyProposal.objects.select_for_update().filter(published=row).first()
        signed_by = proposal.signed_by if proposal else row.recorded_by
        if signed_by == by.id:
            raise Refused("second_officer", "Another officer has to ratify what you published.")
        if proposal and not signed_by:
            sign(proposal, by)
        else:
            _ratify(row, by)
    record.refresh_from_db()
    return record


def sign(proposal: PolicyProposal, by: Actor) -> None:
    """Sign what a shell proposed, as the first of two officers. Inside a transaction."""
    proposal.signed_by = by.id
    proposal.save(update_fields=["signed_by"])
    audit.record(verb="policy.signed", actor=by, target=proposal, sha256=proposal.sha256)


def next_of(pack: str) -> Next:
    """Return what the next version of a pack builds on.

    Raises:
        Conflict: `no_version`, none of the pack is in force yet.
    """
    now = database_now()
    lineage = PolicyVersionRecord.objects.lineage(pack)
    base = lineage.known_at(now)
    if base is None:
        raise Conflict("no_version", f"No version of {pack} is in force.")
    known = PolicyVersionRecord.objects.filter(pack=pack).aggregate(highest=Max("number"))
    newest = lineage.versions[-1]
    return Next(base, known["highest"] + 1, newest if newest.published_at > now else None)


def require_nothing_pending(following: Next) -> None:
    """Let nothing be published before what waits to count.

    Raises:
        Conflict: `pending`.
    """
    if following.pending:
        raise Conflict("pending", f"{following.pending.label} waits to count. Withdraw it first, or wait.")


def read_next(document: str, following: Next) -> tuple[PolicyVersion, list[str]]:
    """Return the version a document describes, and where it loosens the version in force.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `number_taken`, it builds on another version or has another number than the next one.
        Refused: `platform_stop`, it declares, changes or lifts the stop of the whole platform.
    """
    base = following.base
    if documents.based_on(document) not in {"", base.label}:
        raise Conflict(
            "number_taken", f"The next version is {following.label}, and it builds on {base.label}."
        )
    version = documents.read(document, base)
    if version.label != following.label:
        raise Conflict("number_taken", f"The next version is {following.label}.")
    if stop_of(version) != stop_of(base) and not only_lifts_stop(base, version):
        sentence = "The whole platform is stopped on a page of its own, and goes on without any other change."
        raise Refused("platform_stop", sentence)
    found = documents.difference(base, version)
    changed = (*found.added, *(after for _, after in found.changed))
    collisions.require_none(changed, PolicyVersionRecord.objects.other_lineages(base.pack))
    return version, loosenings(base, version)


def locked_epoch() -> PolicyEpoch:
    """Return the policy epoch, so that whoever else publishes waits. Inside a transaction."""
    epoch: PolicyEpoch = PolicyEpoch.objects.select_for_update().get()
    return epoch


def enter(version: PolicyVersion, by: str, second: str, *, synthetic: bool = False) -> PolicyVersionRecord:
    """Enter a version as it stands. Inside a transaction."""
    return PolicyVersionRecord.objects.create(
        pack=version.pack,
        number=version.number,
        content=version.to_json(),
        sha256=version.sha256,
        published_at=version.published_at,
        recorded_by=by,
        countersigned_by=second,
        ratified_at=database_now() if second else None,
        synthetic=synthetic,
    )


def announce(records: list[PolicyVersionRecord], by: Actor) -> None:
    """Raise the policy epoch for versions just entered, and record it. Inside a transaction."""
    number = raise_policy_epoch()
    for record in records:
        audit.record(
            verb="policy.published",
            actor=by,
            target=record,
            pack=record.pack,
            number=record.number,
            sha256=record.sha256,
            epoch=number,
        )


def _load_pack(name: str, by: Actor) -> list[PolicyVersionRecord]:
    records = list(PolicyVersionRecord.objects.filter(pack=name))
    if any(not record.shipped for record in records):
        return []
    known = {record.number for record in records}
    now = database_now()
    return [
        enter(replace(version, published_at=now) if known else version, by.id, "")
        for version in load_pack(name).versions
        if version.number not in known
    ]


def _ratify(row: PolicyVersionRecord, by: Actor) -> None:
    PolicyVersionRecord.objects.filter(pk=row.pk).update(ratified_at=database_now(), countersigned_by=by.id)
    audit.record(verb="policy.ratified", actor=by, target=row, pack=row.pack, number=row.number)
