"""Grants of single galleries to single members, kept by django-guardian in a table of ours."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from guardian.models import UserObjectPermissionBase

from portal.tenancy.kinds import Kind
from recognition.models.galleries import Gallery


class GalleryUserObjectPermission(UserObjectPermissionBase):
    """One member's right to one gallery.

    guardian knows nothing of organizations, so a trigger fills `organization` from the gallery and row-level
    security does the rest.
    """

    model_kind: ClassVar[Kind] = Kind.TENANT

    organization = models.ForeignKey(
        "tenancy.Organization", on_delete=models.PROTECT, related_name="+", null=True
    )
    content_object = models.ForeignKey(
        Gallery, on_delete=models.CASCADE, db_constraint=False, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.user} on {self.content_object_id}"
