"""What the clock has said already, so that it says each thing once."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from portal.tenancy.kinds import OfficeModel


class Reminder(OfficeModel):
    """One mark before an end that was passed and told, by letter and where need be by a case."""

    PREFIX = "rem"

    what = models.CharField(max_length=24, help_text="What ends: draft, grant, exemption, evidence.")
    row = models.UUIDField(help_text="Id of what ends.")
    ends_at = models.DateTimeField(help_text="A moved end is told anew.")
    days = models.PositiveSmallIntegerField(help_text="The mark: days before the end, 0 at the end.")
    told_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Each mark once."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "what", "row", "ends_at", "days"), name="reminder_once"
            ),
        )
        indexes = (models.Index(fields=("row", "what"), name="reminder_by_row"),)

    def __str__(self) -> str:
        return f"{self.what}, {self.days} days"
