"""Synchronous calls: what was asked and ruled, and counts of what came of it. No photo, no template."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned
from recognition.models.jobs import JobKind


class CallQuerySet(ScopedQuerySet["Call"]):
    """Reads of calls."""

    def past(self, time: timedelta) -> CallQuerySet:
        """Return those that were answered longer ago than a time."""
        return self.filter(created_at__lt=Now() - time)

    def photos(self) -> int:
        """Return how many photos these handed in."""
        return self.order_by().aggregate(photos=models.Sum("photos"))["photos"] or 0


class Call(TenantModel):
    """One call that was answered at once. Its row is written with the answer, and never without one.

    It is named like a job where the two mean the same, so that the gate, the case and the volume of a grant
    are asked alike for both.
    """

    PREFIX = "cal"

    kind = models.CharField(max_length=10, choices=JobKind.choices)
    gallery = owned("recognition.Gallery", null=True)
    record = owned("recognition.CaseRecord", null=True)
    purpose = models.CharField(max_length=64)
    end_user_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict, help_text="What the caller declared, in words of the vocabulary.")
    ruling = models.CharField(max_length=40, help_text="The ruling it was answered under.")
    review = models.CharField(max_length=20, default="none", help_text="none or after_delivery")
    threshold_asked = models.FloatField(help_text="Similarity, 0 to 100.")
    threshold = models.FloatField(help_text="Similarity in force: never below floor or budget.")
    threshold_reason = models.CharField(max_length=20, help_text="asked, floor or budget")
    photos = models.PositiveSmallIntegerField(help_text="Handed in: none, one, or two that were compared.")
    faces = models.PositiveIntegerField(default=0, help_text="Found in the photos.")
    left_out = models.JSONField(default=dict, help_text="Faces that were not used, by reason code.")
    candidates = models.PositiveIntegerField(default=0, help_text="Handed out.")
    enrolled = models.PositiveIntegerField(default=0, help_text="Faces that were enrolled.")
    called_by = models.CharField(max_length=96)
    watched_at = models.DateTimeField(null=True, blank=True, help_text="When it was looked at for misuse.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = tenant_objects(CallQuerySet)

    class Meta:
        """Words are known, thresholds on the scale, gallery present where needed."""

        indexes = (
            models.Index(
                fields=("organization", "purpose", "end_user_id", "created_at"),
                include=("photos",),
                name="call_by_use",
            ),
            models.Index(fields=("organization", "created_at"), name="call_by_age"),
            models.Index(
                fields=("organization", "id"), condition=Q(watched_at__isnull=True), name="call_unwatched"
            ),
        )
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="call_kind_known"),
            models.CheckConstraint(
                condition=Q(
                    threshold__gte=0, threshold__lte=100, threshold_asked__gte=0, threshold_asked__lte=100
                ),
                name="call_threshold_on_scale",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=(JobKind.DETECT, JobKind.COMPARE)) | Q(gallery__isnull=False),
                name="call_has_its_gallery",
            ),
            models.CheckConstraint(
                condition=Q(review__in=("none", "after_delivery")), name="call_hands_out_nothing_to_review"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"

    @property
    def total(self) -> int:
        """Items, as of a job: a call is one."""
        return 1
