"""What must be kept although its time is over: to be asked before anything is purged."""

from __future__ import annotations

from uuid import UUID

from compliance.models import LegalHold
from portal.tenancy.models import Organization


def standing(organization_id: UUID) -> frozenset[str]:
    """Return what is kept of an organization: public ids, and `""` where all of it is. In its scope."""
    rows = LegalHold.objects.standing().filter(organization_id=organization_id)
    return frozenset(rows.values_list("subject", flat=True))


def blocks(subject: str, *, organization: Organization | UUID) -> bool:
    """Whether a legal hold keeps a thing from being purged: its own, or one on the whole organization.

    Ask it in the transaction that purges. Inside a scope that sees the organization.

    Args:
        subject: Public id of the job, gallery or document to be purged.
        organization: Whose it is.
    """
    key = organization if isinstance(organization, UUID) else organization.pk
    held = LegalHold.objects.standing().filter(organization_id=key, subject__in=("", subject))
    return bool(held.exists())
