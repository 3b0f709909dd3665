"""How far the daily look through an organization's stored files is."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from portal.tenancy.kinds import Kind


class FileWalk(models.Model):
    """One organization's walk through its stored files, in the order of their names, a piece at a time."""

    model_kind = Kind.PLATFORM

    organization = models.OneToOneField(
        "tenancy.Organization", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    after = models.CharField(max_length=200, blank=True, help_text="The name that was looked at last.")
    begun_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    unexplained = models.PositiveIntegerField(
        default=0, help_text="Files without a record: too many to be believed, so none was destroyed."
    )

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.after or 'from the first'}"
