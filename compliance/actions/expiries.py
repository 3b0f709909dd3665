"""Documents that expire: warned of 30 and 7 days before, then marked as what they are."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from compliance import reminders
from compliance.actions import letters
from compliance.actions.lapses import AT_ONCE, CLOCK
from compliance.dates import MARKS_OF_EVIDENCE
from compliance.models import Evidence
from compliance.models.onboarding import EvidenceStatus
from compliance.states import EVIDENCE_TRANSITIONS
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.states import move
from portal.common.steps import alone
from portal.tenancy.actions import organizations
from portal.tenancy.scope import officer_scope, tenant_scope

_WHAT = "evidence"


def expire_due() -> int:
    """Mark documents that have expired; returns how many. A sweep.

    They count for nothing from the second they expire, marked or not: whoever rules reads the date.
    """
    with officer_scope():
        keys = list(Evidence.objects.past_its_end().values_list("organization_id", "pk")[:AT_ONCE])
    return sum(alone(_expire, organization_id, key) for organization_id, key in keys)


def warn() -> int:
    """Tell organizations before a document that counts expires; returns how many were told. A sweep."""
    with officer_scope():
        verified = Evidence.objects.filter(~Exists(_newer()), status=EvidenceStatus.VERIFIED)
        rows = reminders.untold(
            verified, what=_WHAT, marks=MARKS_OF_EVIDENCE, since="received_at", now=database_now()
        )
        found = list(rows.values_list("organization_id", "pk", "days")[:AT_ONCE])
    return sum(alone(_warn, organization_id, key, days) for organization_id, key, days in found)


def _newer() -> QuerySet[Evidence]:
    """Return the verified documents of the same kind that last longer than the one looked at."""
    same = Evidence.objects.filter(
        organization=OuterRef("organization"), kind=OuterRef("kind"), status=EvidenceStatus.VERIFIED
    )
    return same.filter(Q(expires_at=None) | Q(expires_at__gt=OuterRef("expires_at")))


def _expire(organization_id: UUID, key: UUID) -> bool:
    with tenant_scope(organization_id):
        row = _locked(key)
        if row.status_at(database_now()) != EvidenceStatus.EXPIRED or row.status == EvidenceStatus.EXPIRED:
            return False
        counted = row.status == EvidenceStatus.VERIFIED
        move(row, EvidenceStatus.EXPIRED, table=EVIDENCE_TRANSITIONS)
        audit.record(
            verb="evidence.expired", actor=CLOCK, target=row, organization=organization_id, kind=row.kind
        )
        if counted:
            organizations.raise_epoch(row.organization)
            _tell("evidence_expired", row)
    return True


def _warn(organization_id: UUID, key: UUID, days: int) -> bool:
    with tenant_scope(organization_id):
        row = _locked(key)
        if row.expires_at is None or row.status != EvidenceStatus.VERIFIED:
            return False
        new = reminders.first_time(organization_id, what=_WHAT, row=key, ends_at=row.expires_at, days=days)
        if new:
            _tell("evidence_expiring", row)
    return new


def _locked(key: UUID) -> Evidence:
    rows = Evidence.objects.select_for_update(of=("self",)).select_related("organization")
    row: Evidence = rows.get(pk=key)
    return row


def _tell(kind: str, evidence: Evidence) -> None:
    letters.write(
        kind=kind, organization=evidence.organization, about=evidence.public_id, by=CLOCK, evidence=evidence
    )
