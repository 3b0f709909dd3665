"""Telling organizations of a policy version that touches their grants: by letter, once each."""

from __future__ import annotations

from typing import Any

from compliance import upcoming
from compliance.actions import letters
from compliance.models import Letter, PolicyEpoch, PolicyVersionRecord
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope

AT_ONCE = 200  # organizations looked at in one sweep
KIND = "rules_change"
_CLOCK = Actor.system("policy-letters")


def tell() -> int:
    """Tell the next organizations of the oldest version that they were not told of. A sweep.

    What ships with the product is told by its release, not by letter.
    """
    pack = PolicyEpoch.objects.get().pack
    untold = PolicyVersionRecord.objects.of_pack(pack).filter(told_at=None)
    record = untold.exclude(recorded_by__startswith="system:").first()
    return _tell_next(record) if record else 0


def _tell_next(record: PolicyVersionRecord) -> int:
    rows = Organization.objects.order_by("pk")
    if record.told_through:
        rows = rows.filter(pk__gt=record.told_through)
    found = list(rows[:AT_ONCE])
    written = sum(_tell(record, organization) for organization in found)
    with officer_scope():
        changes: dict[str, Any] = {"told_through": found[-1].pk} if found else {}
        if len(found) < AT_ONCE:
            changes |= {"told_at": database_now()}
        PolicyVersionRecord.objects.filter(pk=record.pk).update(**changes)
        if written:
            audit.record(verb="policy.told", actor=_CLOCK, target=record, letters=written)
    return written


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
