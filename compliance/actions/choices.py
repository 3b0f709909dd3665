"""Choosing another policy pack: two officers, and where it loosens anything a day in view of all."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from compliance.actions import policies
from compliance.actions.gate import raise_policy_epoch
from compliance.actions.proposals import LOOSENING_WAITS
from compliance.models import PackChoice, PolicyEpoch, PolicyVersionRecord
from compliance.models.proposals import ChoiceStatus
from compliance.policy.compare import loosenings
from compliance.policy.rules import PolicyVersion
from compliance.states import CHOICE_TRANSITIONS
from compliance.versions import stop_of
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, Refused
from portal.common.states import move
from portal.common.steps import alone
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor

_CLOCK = Actor.system("choices")


def propose(*, pack: str, by: Actor, reasons: str = "", signed: bool = True) -> PackChoice:
    """Propose to put another pack in force.

    Args:
        pack: Its name.
        by: The officer who proposes, or in whose name it is proposed.
        reasons: Why.
        signed: False for a shell, which signs nothing.

    Raises:
        Conflict: `no_version`, nothing of that pack is published; `chosen`, it is in force; or
            `proposed_already`.
        Refused: `platform_stop`, while the whole platform is stopped.
    """
    require_officer(by)
    with transaction.atomic():
        old = policies.locked_epoch().pack
        new = _newest(pack)
        _require_running(old)
        if pack == old:
            raise Conflict("chosen", f"{pack} is in force already.")
        choice = _create(old, new, by, reasons, signed=signed)
        audit.record(verb="pack.proposed", actor=by, target=choice, old=old, new=pack)
    return choice


def countersign(*, choice: PackChoice, sha256: str, by: Actor) -> PackChoice:
    """Approve a choice as the second officer; what it loosens counts from 24 hours later.

    What a shell proposed has no signature yet: the first officer signs it, and another one approves it.

    Raises:
        Refused: `second_officer`; `other_document`, the newest version of that pack is another one;
            `platform_stop`.
        Conflict: `decided`.
    """
    require_officer(by)
    with transaction.atomic():
        policies.locked_epoch()
        row = _waiting(choice, by)
        _require_running(row.old)
        if sha256 != row.sha256 or _newest(row.new).sha256 != row.sha256:
            raise Refused("other_document", "This is not the version that was proposed. Propose it again.")
        if not row.signed_by:
            row.signed_by = by.id
            row.save(update_fields=["signed_by"])
            audit.record(verb="pack.signed", actor=by, target=row)
            return row
        _approve(row, by)
    return row


def refuse(*, choice: PackChoice, by: Actor) -> PackChoice:
    """Refuse a choice as the second officer.

    Raises:
        Refused: `second_officer`.
        Conflict: `decided`.
    """
    require_officer(by)
    with transaction.atomic():
        row = _waiting(choice, by)
        decided = {"decided_by": by.id, "decided_at": database_now()}
        move(row, ChoiceStatus.REFUSED, table=CHOICE_TRANSITIONS, **decided)
        audit.record(verb="pack.refused", actor=by, target=row)
    return row


def withdraw(*, choice: PackChoice, by: Actor) -> PackChoice:
    """Withdraw a choice before it counts: one officer, at once, so that things stay as they are.

    Raises:
        Conflict: `transition_not_allowed`, it counts already or was refused.
    """
    require_officer(by)
    with transaction.atomic():
        policies.locked_epoch()
        row = PackChoice.objects.select_for_update().get(pk=choice.pk)
        _withdraw(row, by)
    return row


def carry_out_due() -> int:
    """Put packs in force whose time has come. A sweep: until it ran, the stricter pack stays in force."""
    due = PackChoice.objects.filter(status=ChoiceStatus.SCHEDULED, counts_from__lte=database_now())
    return sum(alone(_carry_out_due, choice) for choice in due)


def _carry_out_due(choice: PackChoice) -> bool:
    with transaction.atomic():
        epoch = policies.locked_epoch()
        row = PackChoice.objects.select_for_update().get(pk=choice.pk)
        if row.status != ChoiceStatus.SCHEDULED or stop_of(_in_force(epoch.pack)):
            return False  # withdrawn meanwhile; or stopped, and it waits until the platform goes on
        same = epoch.pack == row.old and _newest(row.new).sha256 == row.sha256
        if not same or not set(_loosenings(row.old, row.new)) <= set(row.loosenings):
            _withdraw(row, _CLOCK)  # it is not what two officers approved any more
        else:
            _carry_out(row, _CLOCK, database_now())
    return True


def _approve(row: PackChoice, by: Actor) -> None:
    now, found = database_now(), _loosenings(row.old, row.new)
    row.decided_by, row.decided_at, row.loosenings = by.id, now, found
    row.counts_from = now + LOOSENING_WAITS if found else now
    row.save(update_fields=["decided_by", "decided_at", "loosenings", "counts_from"])
    audit.record(verb="pack.approved", actor=by, target=row, loosens=len(found))
    if found:
        move(row, ChoiceStatus.SCHEDULED, table=CHOICE_TRANSITIONS)
    else:
        _carry_out(row, by, now)


def _carry_out(row: PackChoice, by: Actor, now: datetime) -> None:
    PolicyEpoch.objects.update(pack=row.new)
    number = raise_policy_epoch()
    move(row, ChoiceStatus.CARRIED_OUT, table=CHOICE_TRANSITIONS, carried_out_at=now)
    audit.record(verb="policy.pack_chosen", actor=by, target=row, old=row.old, new=row.new, epoch=number)


def _withdraw(row: PackChoice, by: Actor) -> None:
    move(row, ChoiceStatus.WITHDRAWN, table=CHOICE_TRANSITIONS)
    audit.record(verb="pack.withdrawn", actor=by, target=row)


def _create(old: str, new: PolicyVersion, by: Actor, reasons: str, *, signed: bool) -> PackChoice:
    try:
        with transaction.atomic():
            choice: PackChoice = PackChoice.objects.create(
                old=old,
                new=new.pack,
                version=new.label,
                sha256=new.sha256,
                reasons=reasons.strip(),
                loosenings=_loosenings(old, new.pack),
                proposed_by=by.id,
                signed_by=by.id if signed else "",
            )
    except IntegrityError:
        sentence = "Another choice of a pack is open. Decide about that one, or withdraw it."
        raise Conflict("proposed_already", sentence) from None
    return choice


def _waiting(choice: PackChoice, by: Actor) -> PackChoice:
    row: PackChoice = PackChoice.objects.select_for_update().get(pk=choice.pk)
    if row.status != ChoiceStatus.WAITING:
        raise Conflict("decided", "This choice was decided already.")
    if row.signed_by == by.id:
        raise Refused("second_officer", "Another officer has to decide about what you proposed.")
    return row


def _newest(pack: str) -> PolicyVersion:
    versions = PolicyVersionRecord.objects.lineage(pack).versions
    if not versions:
        raise Conflict("no_version", f"No version of {pack} is published.")
    return versions[-1]


def _in_force(pack: str) -> PolicyVersion | None:
    return PolicyVersionRecord.objects.lineage(pack).known_at(database_now())


def _loosenings(old: str, new: str) -> list[str]:
    """Return what the newest version of another pack allows that the one in force does not."""
    in_force = _in_force(old)
    return loosenings(in_force, _newest(new)) if in_force else []


def _require_running(pack: str) -> None:
    if stop_of(_in_force(pack)):
        raise Refused("platform_stop", "The platform is stopped. Two officers let it go on first.")
