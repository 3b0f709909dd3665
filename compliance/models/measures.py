"""Measures: what one officer may do at once because it only makes things stricter."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.fields import owned
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


class MeasureKind(models.TextChoices):
    """What was done."""

    SUSPENSION = "suspension", "Suspension"
    RESTRICTION = "restriction", "Restriction"
    GRANT_REVOKED = "grant_revoked", "Grant revoked"
    EXEMPTION_REVOKED = "exemption_revoked", "Exemption revoked"


STOPS = (MeasureKind.SUSPENSION, MeasureKind.RESTRICTION)
TAKEN_AWAY = (MeasureKind.GRANT_REVOKED, MeasureKind.EXEMPTION_REVOKED)


class MeasureStatus(models.TextChoices):
    """Life of a measure. It is in force from the first moment, whatever the second officer says."""

    UNRATIFIED = "unratified", "In force, not yet ratified"
    RATIFIED = "ratified", "In force, ratified"
    OBJECTED = "objected", "In force, a second officer objects"
    LIFTED = "lifted", "Lifted"


class MeasureQuerySet(ScopedQuerySet["Measure"]):
    """Reads of measures."""

    def standing(self) -> MeasureQuerySet:
        """Return those in force, the newest first."""
        return self.exclude(status=MeasureStatus.LIFTED).order_by("-taken_at", "-pk")

    def waiting(self) -> MeasureQuerySet:
        """Return those that a second officer has to look at, the one due first on top."""
        return self.filter(status=MeasureStatus.UNRATIFIED).order_by("due_at", "pk")

    def overdue(self) -> MeasureQuerySet:
        """Return those not looked at in time, by the database's clock."""
        return self.waiting().filter(due_at__lte=Now())


class Measure(OfficeModel):
    """One measure of one officer about an organization; a second officer looks at it within 72 hours."""

    PREFIX = "mea"

    case = owned("compliance.Case")
    kind = models.CharField(max_length=20, choices=MeasureKind.choices)
    status = models.CharField(max_length=12, choices=MeasureStatus.choices, default=MeasureStatus.UNRATIFIED)
    subject = models.CharField(max_length=96, blank=True, help_text="Public id of the line it took away.")
    reasons = models.TextField(help_text="The organization reads them.")
    taken_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(help_text="By then a second officer has to have looked at it.")
    judged_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True, help_text="When all officers were told.")
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(MeasureQuerySet)

    class Meta:
        """Words are known; whoever took it is not whoever judges it."""

        constraints = (
            models.CheckConstraint(condition=Q(kind__in=MeasureKind.values), name="measure_kind_known"),
            models.CheckConstraint(condition=Q(status__in=MeasureStatus.values), name="measure_status_known"),
            models.CheckConstraint(
                condition=Q(judged_by__isnull=True, judged_at__isnull=True)
                | Q(judged_by__isnull=False, judged_at__isnull=False) & ~Q(judged_by=F("taken_by")),
                name="measure_judged_by_another",
            ),
            models.CheckConstraint(
                condition=Q(status=MeasureStatus.LIFTED.value, lifted_at__isnull=False)
                | ~Q(status=MeasureStatus.LIFTED.value) & Q(lifted_at__isnull=True),
                name="measure_lifted_at",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=Q(status=MeasureStatus.UNRATIFIED.value),
                name="measure_waiting",
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()
