"""Where an organization's programs may name photos in the operator's object store."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import OfficeModel


class PhotoStore(OfficeModel):
    """A folder of a bucket that is one organization's own. Nobody else's begins or ends inside it."""

    PREFIX = "pst"

    bucket = models.CharField(max_length=255)
    prefix = models.CharField(max_length=1024, help_text="What its objects' names begin with, up to a /.")
    set_by = models.CharField(max_length=96)
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        """A folder is registered once, and is a folder."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "bucket", "prefix"), name="photo_store_once"),
            models.CheckConstraint(condition=Q(prefix__endswith="/"), name="photo_store_is_a_folder"),
        )

    def __str__(self) -> str:
        return f"{self.bucket}/{self.prefix}"
