"""Independent tests of accuracy: labels that were committed, scores until the result, then numbers alone."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Now

from portal.common.errors import NotFound
from portal.tenancy.kinds import ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned


class AccuracyStatus(models.TextChoices):
    """Where a test stands."""

    OPEN = "open", "Pairs are handed in"
    FINISHED = "finished", "Finished"
    WITHDRAWN = "withdrawn", "Withdrawn by the tester"
    EXPIRED = "expired", "Not finished in time"


class AccuracyTestQuerySet(ScopedQuerySet["AccuracyTest"]):
    """Reads of tests."""

    def overdue(self) -> AccuracyTestQuerySet:
        """Return those whose time to hand in pairs is over."""
        return self.filter(status=AccuracyStatus.OPEN, expires_at__lte=Now())


class AccuracyTest(TenantModel):
    """A tester's pairs, their labels committed before any was scored; in the end its result, as numbers."""

    PREFIX = "acc"

    status = models.CharField(max_length=10, choices=AccuracyStatus.choices, default=AccuracyStatus.OPEN)
    purpose = models.CharField(max_length=64)
    end_user_id = models.UUIDField()
    facts = models.JSONField(default=dict, help_text="What the tester declared, in words of the vocabulary.")
    threshold = models.FloatField(help_text="Similarity, 0 to 100, chosen before any score.")
    least_threshold = models.FloatField(default=0, help_text="No rate is reported below it.")
    pipeline = models.CharField(max_length=64, help_text="What compares.")
    scale = models.CharField(max_length=64, help_text="Version of the similarity scale.")
    labels_sha256 = models.CharField(max_length=64, help_text="Of the canonical JSON of all labels.")
    pairs = models.PositiveIntegerField(help_text="Declared.")
    ruling = models.CharField(max_length=40, help_text="The ruling it was begun under.")
    result = models.JSONField(null=True, help_text="Rates, intervals and counts; no score of a pair.")
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(help_text="Scores are destroyed then, finished or not.")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = tenant_objects(AccuracyTestQuerySet)

    class Meta:
        """A result, and an end, exactly where it ended."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=AccuracyStatus.values), name="accuracy_status_known"
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=0, threshold__lte=100), name="accuracy_threshold_on_scale"
            ),
            models.CheckConstraint(
                condition=Q(status=AccuracyStatus.FINISHED, result__isnull=False)
                | (~Q(status=AccuracyStatus.FINISHED) & Q(result__isnull=True)),
                name="accuracy_result_when_finished",
            ),
            models.CheckConstraint(
                condition=Q(status=AccuracyStatus.OPEN, ended_at__isnull=True)
                | (~Q(status=AccuracyStatus.OPEN) & Q(ended_at__isnull=False)),
                name="accuracy_end_when_ended",
            ),
        )
        indexes = (models.Index(fields=("organization", "created_at"), name="accuracy_by_age"),)

    def __str__(self) -> str:
        return f"Test {self.public_id}"


class AccuracyPairQuerySet(ScopedQuerySet["AccuracyPair"]):
    """Reads of pairs."""

    def named(self, name: str) -> AccuracyPair:
        """Return the pair of this name.

        Raises:
            NotFound: There is none.
        """
        # No name holds a zero byte, and the database takes none to look for.
        found = None if "\0" in name else self.filter(name=name).first()
        if found is None:
            raise NotFound()
        return found

    def counts(self) -> dict[str, int]:
        """Return how many were compared, could not be, and wait: never how alike any was."""
        done = Q(done_at__isnull=False)
        return self.order_by().aggregate(
            compared=Count("pk", filter=done & ~Q(sealed=b"")),
            not_compared=Count("pk", filter=done & Q(sealed=b"")),
            waiting=Count("pk", filter=~done),
        )


class AccuracyPair(TenantModel):
    """One pair of a test while it is open. The row is deleted with the test's end, its score with it."""

    PREFIX = "acp"

    test = owned("recognition.AccuracyTest")
    name = models.CharField(max_length=64, help_text="The tester's own.")
    same = models.BooleanField(help_text="Declared: both photos show one person.")
    group = models.CharField(max_length=64, blank=True, help_text="Declared.")
    first_reason = models.CharField(max_length=32, blank=True, help_text="Why no face of it was compared.")
    second_reason = models.CharField(max_length=32, blank=True)
    sealed = models.BinaryField(default=b"", help_text="Score and sketches, under the organization's key.")
    done_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = tenant_objects(AccuracyPairQuerySet)

    class Meta:
        """A name is used once a test; only what was handed in has a score."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "test", "name"), name="accuracy_pair_once"),
            models.CheckConstraint(
                condition=Q(sealed=b"") | Q(done_at__isnull=False), name="accuracy_score_when_done"
            ),
        )

    def __str__(self) -> str:
        return self.name
