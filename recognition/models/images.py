"""Uploaded photos: their facts here, their sealed bytes in the store."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from portal.tenancy.kinds import TenantModel


class Image(TenantModel):
    """One uploaded photo."""

    PREFIX = "img"

    name = models.CharField(max_length=255, blank=True, help_text="As the uploader named it.")
    taken = models.CharField(
        max_length=10, blank=True, help_text="Day or year it was taken, as a manifest states it."
    )
    sha256 = models.CharField(max_length=64, help_text="Of the bytes as uploaded.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    format = models.CharField(max_length=8)
    width = models.PositiveIntegerField(help_text="Pixels, upright.")
    height = models.PositiveIntegerField(help_text="Pixels, upright.")
    key_version = models.PositiveIntegerField(
        default=1, help_text="Of the data key its bytes are sealed under."
    )
    uploaded_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Found again by content; counted while kept."""

        indexes = (
            models.Index(fields=("organization", "sha256"), name="image_by_content"),
            models.Index(
                fields=("organization",), condition=models.Q(purged_at__isnull=True), name="image_kept"
            ),
        )

    def __str__(self) -> str:
        return self.name or self.public_id

    @property
    def path(self) -> str:
        """Name in the store; the organization's folder, then the id."""
        return f"images/{self.organization_id}/{self.pk}"
