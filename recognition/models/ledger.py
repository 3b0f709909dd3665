"""The shard ledger: which piece of which job is whose, until when. Ids and states only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import Kind, PlatformModel


class ShardState(models.TextChoices):
    """Life of a shard."""

    READY = "ready", "Ready"
    LEASED = "leased", "Leased"
    HELD = "held", "Held"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Priority(models.IntegerChoices):
    """Which of its own jobs an organization wants done first; between organizations it changes nothing."""

    NORMAL = 0, "Normal"
    URGENT = 1, "Urgent"


class Shard(PlatformModel):
    """A run of a job's items, `first` to `last` by position, that one worker does in one go."""

    PREFIX = "shd"

    organization = models.ForeignKey("tenancy.Organization", on_delete=models.PROTECT, related_name="+")
    job_id = models.UUIDField(db_index=True)
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    work = models.FloatField(default=1.0, help_text="Estimated seconds at a pace of 1.")
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    pipeline = models.CharField(
        max_length=64, blank=True, help_text="Only workers of this pipeline take it; empty where any may."
    )
    state = models.CharField(max_length=10, choices=ShardState.choices, default=ShardState.READY)
    attempt = models.PositiveIntegerField(default=0, help_text="How often it was leased.")
    lease = models.UUIDField(null=True, help_text="Fences off whoever held it before.")
    lease_until = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, blank=True)
    policy_epoch = models.BigIntegerField(default=0, help_text="Epoch of the newest ruling on the job.")
    organization_epoch = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """The next ready shard, and whether any is open, is found by an index."""

        constraints = (
            models.CheckConstraint(condition=Q(state__in=ShardState.values), name="shard_state_known"),
            models.CheckConstraint(condition=Q(first__lte=models.F("last")), name="shard_not_empty"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="shard_priority_known"),
            models.CheckConstraint(condition=Q(work__gt=0), name="shard_takes_time"),
        )
        indexes = (
            models.Index(
                fields=("organization", "-priority", "job_id", "first"),
                condition=Q(state="ready"),
                name="shard_next",
            ),
            models.Index(
                fields=("job_id",), condition=Q(state__in=("ready", "leased", "held")), name="shard_open"
            ),
            models.Index(fields=("lease_until",), condition=Q(state="leased"), name="shard_leased"),
        )

    def __str__(self) -> str:
        return f"{self.first}-{self.last} of {self.job_id}"


class Turn(models.Model):
    """How much an organization has used, so that the next shard comes from whoever used least."""

    model_kind = Kind.PLATFORM

    organization = models.OneToOneField(
        "tenancy.Organization", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    used = models.FloatField(
        default=0.0, help_text="Estimated seconds of work, divided by the organization's weight."
    )
    reached = models.FloatField(default=0.0, help_text="Where `used` stood when it was served last.")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.used:.0f}"


class Heartbeat(models.Model):
    """A live worker process; written by a thread of its own every second."""

    model_kind = Kind.PLATFORM

    worker = models.CharField(max_length=100, primary_key=True)
    pipeline = models.CharField(
        max_length=64, blank=True, help_text="Model that is loaded; empty while loading."
    )
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())
    pace = models.FloatField(null=True, help_text="Seconds that an estimated second took, of late.")
    finished_at = models.DateTimeField(null=True, help_text="When its last shard was done.")

    def __str__(self) -> str:
        return self.worker
