"""Events: who did what to what, when. No foreign keys: an event outlives whatever it speaks of."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from portal.common.ids import uuid7


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the event store."""

    def of_organization(self, organization_id: UUID) -> EventQuerySet:
        """Return the events of one organization, newest first."""
        return self.filter(organization=str(organization_id)).order_by("-id")

    def about(self, target: str) -> EventQuerySet:
        """Return the events about one thing (a public id), oldest first."""
        return self.filter(target=target).order_by("id")


class Event(models.Model):
    """One thing that happened. Rows are only inserted; triggers refuse everything else, to every role."""

    model_kind = "platform"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    verb = models.CharField(max_length=64)
    actor = models.CharField(max_length=96, help_text="usr_…, key_… or system:name")
    organization = models.CharField(max_length=36, blank=True, db_index=True)
    target = models.CharField(max_length=96, blank=True, db_index=True)
    payload = models.JSONField(default=dict)

    objects: ClassVar[models.Manager[Event]] = EventQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.verb} {self.target}".strip()
