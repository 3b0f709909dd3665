"""The items of jobs: one photo each, or a pair."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, Q, QuerySet

from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned
from recognition.models.images import Image


class ItemStatus(models.TextChoices):
    """An item waits, has a result, or has failed with a reason."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ItemQuerySet(ScopedQuerySet["Item"]):
    """Reads of items."""

    def counts(self) -> dict[str, int]:
        """Return how many items are in each status, in one query."""
        rows = self.order_by().values_list("status").annotate(number=Count("pk"))
        return dict.fromkeys(ItemStatus.values, 0) | dict(rows)

    def reasons(self) -> dict[str, int]:
        """Return how many items ended with each reason code."""
        counted: Counter[str] = Counter()
        for name in ("reason", "second_reason"):
            rows = self.exclude(**{name: ""}).order_by().values_list(name).annotate(number=Count("pk"))
            counted.update(dict(rows))
        return dict(counted)

    def photos(self) -> QuerySet[Image]:
        """Return the photos of these items, both of a pair."""
        own = self.order_by()
        second = own.filter(second__isnull=False).values("second")
        return Image.objects.filter(Q(pk__in=own.values("image")) | Q(pk__in=second))

    def showing(self, image: Any) -> ItemQuerySet:
        """Return those with a photo, on either side of a pair.

        Args:
            image: A photo, or a reference to one of an outer query.
        """
        return self.filter(Q(image=image) | Q(second=image))


class Item(TenantModel):
    """One image of a job, or a pair of images to compare."""

    PREFIX = "itm"

    job = owned("recognition.Job")
    position = models.PositiveIntegerField()
    image = owned("recognition.Image")
    probe = owned("recognition.Face", null=True)
    subject_name = models.CharField(max_length=200, blank=True, help_text="Whom an enrollment is of.")
    status = models.CharField(max_length=10, choices=ItemStatus.choices, default=ItemStatus.WAITING)
    reason = models.CharField(max_length=32, blank=True, help_text="Reason code, where there is one.")
    faces = models.PositiveSmallIntegerField(default=0, help_text="Faces found in the photo.")
    second = owned("recognition.Image", null=True)
    second_reason = models.CharField(max_length=32, blank=True, help_text="Of a pair's second photo.")
    second_faces = models.PositiveSmallIntegerField(default=0, help_text="In a pair's second photo.")
    done_at = models.DateTimeField(null=True, blank=True)
    retried = models.BooleanField(default=False, help_text="Put back after it failed: counted already.")

    objects: ClassVar = tenant_objects(ItemQuerySet)

    class Meta:
        """A place in the job is taken once."""

        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("organization", "job", "position"), name="item_position_once"),
            models.CheckConstraint(condition=Q(status__in=ItemStatus.values), name="item_status_known"),
        )
        indexes = (
            models.Index(fields=("organization", "job", "status"), name="item_by_status"),
            models.Index(
                fields=("organization", "job", "reason"), condition=~Q(reason=""), name="item_by_reason"
            ),
            models.Index(
                fields=("organization", "probe"), condition=Q(probe__isnull=False), name="item_by_probe"
            ),
            models.Index(
                fields=("organization", "second"), condition=Q(second__isnull=False), name="item_by_second"
            ),
        )

    def __str__(self) -> str:
        return f"Item {self.position}"

    @property
    def photos(self) -> tuple[Image, ...]:
        """The photos to look at: one, or both of a pair."""
        return (self.image,) if self.second is None else (self.image, self.second)
