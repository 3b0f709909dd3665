"""Telling organizations of versions that touch their grants, and of another pack: by letter, once each."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from compliance import upcoming
from compliance.actions import letters
from compliance.models import Letter, PackChoice, PolicyEpoch, PolicyVersionRecord
from compliance.models.proposals import ChoiceStatus
from compliance.standing import CLEARED
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope

AT_ONCE = 200  # organizations looked at in one sweep
KIND = "rules_change"
PACK_KIND = "pack_chosen"
_APPROVED = (ChoiceStatus.SCHEDULED, ChoiceStatus.CARRIED_OUT)
_CLOCK = Actor.system("policy-letters")


def tell() -> int:
    """Tell the next organizations of the oldest version that they were not told of. A sweep.

    What ships with the product is told by its release, not by letter.
    """
    pack = PolicyEpoch.objects.get().pack
    untold = PolicyVersionRecord.objects.of_pack(pack).filter(told_at=None)
    record = untold.exclude(recorded_by__startswith="system:").first()
    return _tell_next(record) if record else 0


def tell_of_choices() -> int:
    """Tell the next active organizations of another pack: what it changes, and from when. A sweep.

    Each is told once, also where nothing changes for it: the rules are others, and it should not have to ask.
    """
    untold = PackChoice.objects.filter(status__in=_APPROVED, told_at=None).order_by("decided_at", "pk")
    choice = untold.first()
    return _tell_next_of_choice(choice) if choice else 0


def _tell_next_of_choice(choice: PackChoice) -> int:
    found = _next(choice, Organization.objects.filter(status__in=CLEARED))
    written = sum(_tell_of_choice(choice, organization) for organization in found)
    _go_on(choice, found, written, verb="pack.told")
    return written


def _tell_of_choice(choice: PackChoice, organization: Organization) -> int:
    with tenant_scope(organization):
        if Letter.objects.filter(kind=PACK_KIND, about=choice.public_id).exists():
            return 0
        written = letters.write(
            kind=PACK_KIND,
            organization=organization,
            about=choice.public_id,
            by=_CLOCK,
            changes=upcoming.by_choice(organization, choice),
            choice=choice,
            scheduled=choice.status == ChoiceStatus.SCHEDULED,
        )
    return len(written)


def _next(record: PolicyVersionRecord | PackChoice, rows: QuerySet[Organization]) -> list[Organization]:
    after = rows.filter(pk__gt=record.told_through) if record.told_through else rows
    return list(after.order_by("pk")[:AT_ONCE])


def _tell_next(record: PolicyVersionRecord) -> int:
    found = _next(record, Organization.objects.all())
    written = sum(_tell(record, organization) for organization in found)
    _go_on(record, found, written, verb="policy.told")
    return written


def _go_on(
    record: PolicyVersionRecord | PackChoice, found: list[Organization], written: int, *, verb: str
) -> None:
    """Note whom the next sweep begins after, or that nobody is left."""
    with officer_scope():
        changes: dict[str, Any] = {"told_through": found[-1].pk} if found else {}
        if len(found) < AT_ONCE:
            changes |= {"told_at": database_now()}
        type(record).objects.filter(pk=record.pk).update(**changes)
        if written:
            audit.record(verb=verb, actor=_CLOCK, target=record, letters=written)


def _tell(record: PolicyVersionRecord, organization: Organization) -> int:
    """Tell one organization, where the version changes anything for a grant of it; at most once."""
    with tenant_scope(organization):
        changes = upcoming.by_version(organization, record)
        about = record.public_id
        if not changes or Letter.objects.filter(kind=KIND, about=about).exists():
            return 0
        written = letters.write(
            kind=KIND,
            organization=organization,
            about=about,
            by=_CLOCK,
            changes=changes,
            record=record,
            scheduled=record.published_at > database_now(),
        )
    return len(written)
