"""What the clock destroys of closed cases, thirty days after their end: photos and dates."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from compliance import legal_holds
from portal.common.steps import alone
from portal.tenancy import directory
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, images, records
from recognition.models import CaseRecord, CaseRecordPhoto, Image, RecordStatus

CLOCK = Actor.system("clock")
KEPT = timedelta(days=30)


def sweep() -> int:
    """Destroy what closed cases held for long enough; returns of how many. May run any number of times."""
    keys = directory.organizations_with(_closed_long_ago)
    return sum(alone(_purge, key, record) for key in keys for record in _due(key))


def _due(organization_id: UUID) -> list[UUID]:
    with tenant_scope(organization_id):
        # All of them: those that a hold keeps must not stand before those that none keeps any more.
        return list(_closed_long_ago().order_by("pk").values_list("pk", flat=True))


def _closed_long_ago() -> QuerySet[CaseRecord]:
    photos = CaseRecordPhoto.objects.filter(record=OuterRef("pk")).order_by()
    rows: QuerySet[CaseRecord] = CaseRecord.objects.filter(
        status=RecordStatus.CLOSED, ended_at__lte=Now() - KEPT
    )
    return rows.filter(Exists(photos) | ~Q(details=b""))


def _purge(organization_id: UUID, record_id: UUID) -> bool:
    with tenant_scope(organization_id):
        rows = _closed_long_ago().select_for_update(of=("self",), no_key=True)
        record = rows.filter(pk=record_id).first()
        if record is None or legal_holds.blocks(record.public_id, organization=organization_id):
            return False
        portraits = CaseRecordPhoto.objects.filter(record=record)
        keys = list(portraits.values_list("image", flat=True))
        portraits.delete()
        unneeded = list(images.unneeded(Image.objects.filter(pk__in=keys)))
        images.purge_all(unneeded, by=CLOCK)
        CaseRecord.objects.filter(pk=record.pk).update(details=b"")
        records.note(record, "record.purged", CLOCK, photos=len(unneeded), kept=len(keys) - len(unneeded))
    erasure.destroy(unneeded)
    return True
