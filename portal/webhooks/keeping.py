"""How long deliveries are kept: thirty days, then the rows are deleted. Secrets go with their end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from portal.common.steps import alone
from portal.tenancy.scope import tenant_scope
from portal.webhooks.models import Delivery, Secret, Turn

KEPT = timedelta(days=30)


def sweep() -> int:
    """Delete deliveries older than thirty days and secrets that sign no more; returns how many rows went."""
    owners = Turn.objects.order_by("organization").values_list("organization", flat=True).distinct()
    return sum(alone(_forget, organization_id) for organization_id in owners)


def _forget(organization_id: UUID) -> int:
    with tenant_scope(organization_id):
        deliveries, _ = Delivery.objects.filter(created_at__lt=Now() - KEPT).delete()
        secrets, _ = Secret.objects.filter(ends_at__lte=Now()).delete()
    return deliveries + secrets
