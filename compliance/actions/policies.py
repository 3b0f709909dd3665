"""Policy versions in force: entering, ratifying, withdrawing, choosing the pack. Whatever runs asks again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from compliance.actions.gate import raise_policy_epoch
from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.compare import loosenings
from compliance.policy.packs import load_pack, pack_names, read_version, says_based_on
from compliance.policy.rules import Lineage, PolicyVersion
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, Refused
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor

RATIFIED_WITHIN = timedelta(hours=72)


def load_shipped(*, by: Actor) -> list[PolicyVersionRecord]:
    """Enter the versions that ship with the product and are not entered yet; entering twice changes nothing.

    A version that arrives after its pack is in use counts from now, not from the day it says: what was
    ruled in between was ruled without it.
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
        Conflict: `number_taken`.
    """
    with transaction.atomic():
        epoch = PolicyEpoch.objects.select_for_update().get()
        version, _ = read_next(document, PolicyVersionRecord.objects.lineage(epoch.pack))
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
    """Ratify a tightening, as an officer who did not publish it.

    Raises:
        Refused: `second_officer`.
        Conflict: `ratified`.
    """
    require_officer(by)
    if record.recorded_by == by.id:
        raise Refused("second_officer", "Another officer has to ratify what you published.")
    with transaction.atomic():
        changed = PolicyVersionRecord.objects.filter(pk=record.pk, ratified_at=None).update(
            ratified_at=database_now(), countersigned_by=by.id
        )
        if not changed:
            raise Conflict("ratified", "This version is ratified already.")
        audit.record(verb="policy.ratified", actor=by, target=record, pack=record.pack, number=record.number)
    record.refresh_from_db()
    return record


def choose_pack(*, pack: str, by: Actor, second: Actor) -> PolicyEpoch:
    """Put another pack in force: a choice of the operator that takes two officers.

    Raises:
        Refused: `second_officer`.
        Conflict: `no_version`, nothing of that pack is published.
    """
    require_officer(by)
    _check_second(by, second)
    with transaction.atomic():
        epoch = PolicyEpoch.objects.select_for_update().get()
        if not PolicyVersionRecord.objects.of_pack(pack).exists():
            raise Conflict("no_version", f"No version of {pack} is published.")
        old = epoch.pack
        PolicyEpoch.objects.update(pack=pack)
        number = raise_policy_epoch()
        audit.record(verb="policy.pack_chosen", actor=by, target=pack, old=old, new=pack, epoch=number)
    return PolicyEpoch.objects.get()


def unratified(*, now: datetime) -> list[PolicyVersionRecord]:
    """Return versions that stand unratified for longer than 72 hours: they stay, and are named publicly."""
    waiting = PolicyVersionRecord.objects.filter(
        ratified_at=None, withdrawn_at=None, recorded_at__lt=now - RATIFIED_WITHIN
    )
    return [record for record in waiting if not record.recorded_by.startswith("system:")]


def _load_pack(name: str, by: Actor) -> list[PolicyVersionRecord]:
    known = set(PolicyVersionRecord.objects.filter(pack=name).values_list("number", flat=True))
    now = database_now()
    return [
        enter(replace(version, published_at=now) if known else version, by.id, "")
        for version in load_pack(name).versions
        if version.number not in known
    ]


def read_next(document: str, lineage: Lineage) -> tuple[PolicyVersion, list[str]]:
    """Return the version a document describes, and where it loosens the newest of its lineage.

    Raises:
        PolicyError: The document is wrong.
        Conflict: `number_taken`, or `pending`, the newest version waits to count.
    """
    newest = lineage.versions[-1]
    if newest.published_at > database_now():
        raise Conflict("pending", f"{newest.label} waits to count. Withdraw it first, or wait.")
    version = read_version(document, newest if says_based_on(document) else None)
    known = PolicyVersionRecord.objects.filter(pack=newest.pack).aggregate(highest=Max("number"))
    if (version.pack, version.number) != (newest.pack, known["highest"] + 1):
        raise Conflict("number_taken", f"The next version is {newest.pack}@{known['highest'] + 1}.")
    return version, loosenings(newest, version)


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


def _check_second(by: Actor, second: Actor) -> None:
    require_officer(second)
    if second.user_id == by.user_id:
        raise Refused("second_officer", "The second officer has to be somebody else.")
