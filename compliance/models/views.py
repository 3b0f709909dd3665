"""Filters of the queue that officers keep under a name of their own."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower, Now

from portal.tenancy.kinds import PlatformModel


class SavedView(PlatformModel):
    """One officer's name for one filter."""

    PREFIX = "vew"

    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=300, help_text="The filter, as it stands in an address.")
    saved_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A name is used once an officer, whatever its case."""

        ordering = ("name",)
        constraints = (models.UniqueConstraint("officer", Lower("name"), name="saved_view_name_once"),)

    def __str__(self) -> str:
        return self.name
