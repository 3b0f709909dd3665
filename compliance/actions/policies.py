"""Publishing policy: whatever runs asks again, and loosening takes two people and a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from compliance.actions.gate import raise_policy_epoch
from compliance.models import PolicyEpoch, PolicyVersionRecord
from compliance.policy.compare import loosenings
from compliance.policy.packs import load_pack, pack_names, read_version
from compliance.policy.rules import Lineage, PolicyVersion
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, Refused
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor

LOOSENING_WAITS = timedelta(hours=24)
RATIFIED_WITHIN = timedelta(hours=72)


def load_shipped(*, by: Actor) -> list[PolicyVersionRecord]:
    """Enter the versions that ship with the product and are not entered yet; entering twice changes nothing.

    A version that arrives after its pack is in use counts from now, not from the day it says: what was
    ruled in between was ruled without it.
    """
    with transaction.atomic():
        entered = [record for name in pack_names() for record in _load_pack(name, by)]
        if entered:
            _announce(entered, by)
    return entered


def propose(*, document: str, by: Actor, second: Actor | None = None) -> PolicyVersionRecord:
    """Publish the next version of a pack.

    A tightening is in force at once, unratified until a second officer ratifies it. A loosening takes a
    second officer now and counts from 24 hours later. Which of the two it is is computed.

    Args:
        document: The version in TOML; `based_on`, where it says so, is the newest version of its pack. Its
            `published_at` is replaced by the moment it counts from.
        by: The officer who publishes.
        second: The officer who countersigns.

    Raises:
        PolicyError: The document is wrong.
        Refused: `second_officer`, it loosens: `detail["loosenings"]` says where.
        Conflict: `number_taken`.
    """
    require_officer(by)
    _check_second(by, second)
    with transaction.atomic():
        epoch = PolicyEpoch.objects.select_for_update().get()
        lineage = PolicyVersionRecord.objects.lineage(epoch.pack)
        version, found = _read(document, lineage)
        if found and second is None:
            raise Refused(
                "second_officer",
                f"This loosens the policy and takes a second officer: {' '.join(found)}",
                loosenings=found,
            )
        now = database_now()
        counting_from = now + LOOSENING_WAITS if found else now
        record = _enter(replace(version, published_at=counting_from), by, second)
        Lineage((*lineage.versions, record.version))
        _announce([record], by)
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
        _enter(replace(version, published_at=now) if known else version, by, None)
        for version in load_pack(name).versions
        if version.number not in known
    ]


def _read(document: str, lineage: Lineage) -> tuple[PolicyVersion, list[str]]:
    """Return the version and where it loosens the newest of its lineage."""
    newest = lineage.versions[-1] if lineage.versions else None
    builds_on = newest if "\nbased_on" in f"\n{document}" else None
    version = read_version(document, builds_on)
    if newest is None:
        return version, ["It is the first version of its pack."]
    if (version.pack, version.number) != (newest.pack, newest.number + 1):
        raise Conflict("number_taken", f"The next version is {newest.pack}@{newest.number + 1}.")
    return version, loosenings(newest, version)


def _enter(version: PolicyVersion, by: Actor, second: Actor | None) -> PolicyVersionRecord:
    return PolicyVersionRecord.objects.create(
        pack=version.pack,
        number=version.number,
        content=version.to_json(),
        sha256=version.sha256,
        published_at=version.published_at,
        recorded_by=by.id,
        countersigned_by=second.id if second else "",
        ratified_at=database_now() if second else None,
    )


def _announce(records: list[PolicyVersionRecord], by: Actor) -> None:
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


def _check_second(by: Actor, second: Actor | None) -> None:
    if second is None:
        return
    require_officer(second)
    if second.user_id == by.user_id:
        raise Refused("second_officer", "The second officer has to be somebody else.")
