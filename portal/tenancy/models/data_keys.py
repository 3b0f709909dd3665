"""Data keys of organizations and keys of the platform, wrapped: none opens with the database alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import PlatformModel
from portal.tenancy.models.organizations import Organization


class RotationReason(models.TextChoices):
    """Why an organization got a data key."""

    FIRST = "first", "It was made with the organization"
    ROUTINE = "routine", "It is renewed from time to time"
    THEFT = "theft", "The key or what it seals may be in other hands"


class StoredDataKeyQuerySet(models.QuerySet["StoredDataKey"]):
    """Reads of data keys."""

    def living(self) -> StoredDataKeyQuerySet:
        """Leave out those that were destroyed."""
        return self.filter(destroyed_at=None)


class StoredDataKey(PlatformModel):
    """One version of an organization's data key. Destroyed, its row stays and its secret is gone."""

    PREFIX = "dky"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    wrapped = models.BinaryField(help_text="Under the platform's key-encryption key; empty once destroyed.")
    reason = models.CharField(max_length=10, choices=RotationReason.choices, default=RotationReason.FIRST)
    created_by = models.CharField(max_length=96, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = StoredDataKeyQuerySet.as_manager()

    class Meta:
        """A version is made once; destroyed and empty go together."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "version"), name="data_key_once"),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) & ~Q(wrapped=b"")
                | Q(destroyed_at__isnull=False, wrapped=b""),
                name="data_key_destroyed_whole",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=RotationReason.values), name="data_key_reason_known"
            ),
        )

    def __str__(self) -> str:
        return f"Data key {self.version}"


class PlatformKey(PlatformModel):
    """A key of the platform for one use, such as the keyed hash of exported photos."""

    PREFIX = "pky"

    use = models.CharField(max_length=40, unique=True)
    wrapped = models.BinaryField(help_text="Under the platform's key-encryption key.")

    def __str__(self) -> str:
        return self.use
