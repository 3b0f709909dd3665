"""Events: who did what to what, when, and their places in the published log.

No foreign keys: an event outlives whatever it speaks of.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from portal.audit.merkle import HASH_BYTES
from portal.common.ids import uuid7


class EventQuerySet(models.QuerySet["Event"]):
    """Reads of the event store."""

    def of_organization(self, organization_id: UUID) -> EventQuerySet:
        """Return the events of one organization, newest first."""
        return self.filter(organization=str(organization_id)).order_by("-id")

    def narrowed(
        self,
        *,
        verb: str = "",
        target: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> EventQuerySet:
        """Return the events of a verb, about a thing, from a moment on, before another; each if given."""
        asked = {"verb": verb, "target": target, "at__gte": since, "at__lt": until}
        return self.filter(**{name: value for name, value in asked.items() if value})

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


class Unplaced(models.Model):
    """An event that was committed and has no place in the log yet.

    A trigger writes the row in the transaction of the event, so that an event of a transaction that commits
    late is neither missed nor counted twice; whoever gives the place deletes it. Its number is the order in
    which events were written: one that followed from another, even on another machine, has the higher one.
    """

    model_kind = "platform"

    number = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.event_id)


class LeafQuerySet(models.QuerySet["Leaf"]):
    """Reads of the log."""

    def size(self) -> int:
        """Return how many leaves there are."""
        last = self.order_by("-index").values_list("index", flat=True).first()
        return 0 if last is None else last + 1

    def after(self, size: int) -> LeafQuerySet:
        """Return the leaves that came after the first `size`, in their order."""
        return self.filter(index__gte=size).order_by("index")


class Leaf(models.Model):
    """The place of an event in the log: places have no gap, and are given once. Rows are only inserted.

    Attributes:
        index: Its place, from 0 on.
        salt: What opens the commitments of its body; the owner of the event gets it, nobody else.
        body: What is published of the event: canonical JSON.
        hashes: Of every complete subtree that this leaf completes, 32 bytes each, the leaf's own first.
    """

    model_kind = "platform"

    index = models.BigIntegerField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    salt = models.BinaryField()
    body = models.BinaryField()
    hashes = models.BinaryField()

    objects: ClassVar[models.Manager[Leaf]] = LeafQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.index}: {self.event_id}"

    def hash_at(self, level: int) -> bytes:
        """Return the hash of the subtree of 2^level leaves that this leaf completes."""
        return bytes(self.hashes)[level * HASH_BYTES : (level + 1) * HASH_BYTES]


class Checkpoint(models.Model):
    """The signed size and hash of the log at one moment. Rows are only inserted."""

    model_kind = "platform"

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    note = models.TextField(help_text="C2SP signed note.")
    signed_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class LogKey(models.Model):
    """A key that has signed checkpoints, for those who verify old ones. Rows are only inserted."""

    model_kind = "platform"

    verifier_key = models.CharField(max_length=400, primary_key=True, help_text="name+id+base64")
    first_size = models.BigIntegerField(help_text="Of the first checkpoint that it signed.")
    first_used_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.verifier_key
