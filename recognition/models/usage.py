"""What an organization used, and how much it may have at once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import OfficeModel


class Usage(OfficeModel):
    """Items that were looked at on one day: each once, however often it was tried."""

    PREFIX = "usg"

    day = models.DateField(help_text="In UTC, by the database's clock.")
    items = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0, help_text="Of the items, those of synchronous calls.")

    class Meta:
        """One row a day."""

        ordering = ("-day",)
        constraints = (models.UniqueConstraint(fields=("organization", "day"), name="usage_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.items} on {self.day}"


class Quota(OfficeModel):
    """An organization's own limits, where they differ from those of the installation."""

    PREFIX = "quo"

    waiting_items = models.PositiveIntegerField(null=True, help_text="Of its jobs, waiting at once.")
    items_a_day = models.PositiveIntegerField(null=True, help_text="Submitted on one day, in UTC.")
    stored_photos = models.PositiveIntegerField(null=True, help_text="Kept at once.")
    set_by = models.CharField(max_length=96)
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        """One row an organization; a limit of nothing would be a suspension by another name."""

        constraints = (
            models.UniqueConstraint(fields=("organization",), name="quota_once"),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": 1}), name=f"quota_{name}_positive"
                )
                for name in ("waiting_items", "items_a_day", "stored_photos")
            ),
        )

    def __str__(self) -> str:
        return f"Quota of {self.organization_id}"
