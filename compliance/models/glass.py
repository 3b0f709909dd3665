"""Break-glass: two officers' access to named photos of one organization, for one hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects

LASTS = timedelta(hours=1)
DECIDED_WITHIN = timedelta(hours=24)
MOST_ITEMS = 20


class GlassStatus(models.TextChoices):
    """Life of an access. That its hour is over is read off the clock and stands in no column."""

    REQUESTED = "requested", "Waits for a second officer"
    OPEN = "open", "Open"
    REFUSED = "refused", "Refused by the second officer"
    ENDED = "ended", "Ended early"


class BreakGlassQuerySet(ScopedQuerySet["BreakGlass"]):
    """Reads of accesses."""

    def open(self) -> BreakGlassQuerySet:
        """Return those that let officers look, by the database's clock."""
        return self.filter(status=GlassStatus.OPEN, expires_at__gt=Now()).order_by("expires_at", "pk")

    def waiting(self) -> BreakGlassQuerySet:
        """Return those that a second officer can still decide on, the oldest first."""
        asked = Q(status=GlassStatus.REQUESTED, requested_at__gt=Now() - DECIDED_WITHIN)
        return self.filter(asked).order_by("requested_at", "pk")


class BreakGlass(OfficeModel):
    """An access: who asks and why, which items, who allowed it, until when. The named items never change."""

    PREFIX = "brk"

    items = ArrayField(models.CharField(max_length=40), help_text="Public ids, and no others.")
    reasons = models.TextField(help_text="The organization reads them.")
    status = models.CharField(max_length=10, choices=GlassStatus.choices, default=GlassStatus.REQUESTED)
    requested_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(BreakGlassQuerySet)

    class Meta:
        """Nobody allows what they asked for; nothing lasts longer than an hour; few items, and some."""

        constraints = (
            models.CheckConstraint(condition=Q(status__in=GlassStatus.values), name="glass_status_known"),
            models.CheckConstraint(
                condition=Q(items__len__gte=1, items__len__lte=MOST_ITEMS), name="glass_names_few_items"
            ),
            models.CheckConstraint(
                condition=Q(status=GlassStatus.REQUESTED, decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(status=GlassStatus.REQUESTED)
                & Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(decided_by=F("requested_by")),
                name="glass_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(status__in=(GlassStatus.REQUESTED, GlassStatus.REFUSED), expires_at__isnull=True)
                | Q(
                    status__in=(GlassStatus.OPEN, GlassStatus.ENDED),
                    expires_at__lte=F("decided_at") + LASTS,
                ),
                name="glass_lasts_an_hour",
            ),
        )

    def __str__(self) -> str:
        return self.public_id

    def is_open_at(self, moment: datetime) -> bool:
        """Whether officers may look at a moment."""
        return self.status == GlassStatus.OPEN and self.expires_at is not None and moment < self.expires_at
