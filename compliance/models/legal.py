"""Demands that courts and authorities make for a tenant's data, and what is kept because of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.fields import owned
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


class DemandKind(models.TextChoices):
    """What was served."""

    SUBPOENA = "subpoena", "Subpoena"
    COURT_ORDER = "court_order", "Court order"
    WARRANT = "warrant", "Warrant"
    PRESERVATION = "preservation", "Order to preserve"
    OTHER = "other", "Another demand"


class DemandAnswer(models.TextChoices):
    """How it was answered."""

    HANDED_OVER = "handed_over", "Everything asked for was handed over"
    PARTLY = "partly", "A part was handed over"
    NOTHING_HELD = "nothing_held", "Nothing of what was asked for is held"
    REFUSED = "refused", "Refused, or objected to in court"
    PRESERVED = "preserved", "Preserved, nothing handed over"


class LegalDemandQuerySet(ScopedQuerySet["LegalDemand"]):
    """Reads of demands."""

    def open(self) -> LegalDemandQuerySet:
        """Return those without an answer, the one due first on top."""
        return self.filter(answered_at=None).order_by("due_at", "pk")

    def to_be_told(self) -> LegalDemandQuerySet:
        """Return those the organization may hear of by now, by the database's clock, and has not."""
        return self.filter(Q(gag_until=None) | Q(gag_until__lte=Now()), told_at=None).order_by("pk")


class LegalDemand(OfficeModel):
    """One demand. The organization sees it once it was told, and it is told unless a gag stands."""

    PREFIX = "dem"

    case = owned("compliance.Case")
    kind = models.CharField(max_length=16, choices=DemandKind.choices)
    issuer = models.CharField(max_length=200, help_text="The court or authority.")
    reference = models.CharField(max_length=100, help_text="As the issuer gave it.")
    scope = models.TextField(help_text="What is demanded, of which data and time.")
    recorded_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    gag_until = models.DateTimeField(null=True, blank=True, help_text="Until then nobody may be told.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the organization was told.")
    answer = models.CharField(max_length=16, choices=DemandAnswer.choices, blank=True)
    answer_text = models.TextField(blank=True, help_text="What was answered, and on which ground.")
    answered_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(LegalDemandQuerySet)

    class Meta:
        """An answer has its officer and moment; nobody is told while a gag stands."""

        constraints = (
            models.CheckConstraint(condition=Q(kind__in=DemandKind.values), name="demand_kind_known"),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | Q(answer__in=DemandAnswer.values, answered_by__isnull=False, answered_at__isnull=False),
                name="demand_answered_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True)
                | Q(gag_until__isnull=True)
                | Q(told_at__gte=F("gag_until")),
                name="demand_told_after_its_gag",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class LegalHoldQuerySet(ScopedQuerySet["LegalHold"]):
    """Reads of holds."""

    def standing(self) -> LegalHoldQuerySet:
        """Return those that nobody lifted."""
        return self.filter(lifted_at=None)


class LegalHold(OfficeModel):
    """What must not be purged because of a demand: one job, or without a subject the whole organization.

    The organization's own scope reads it, since purging runs there; it says nothing of why. No screen of the
    organization lists holds: a gag may stand.
    """

    PREFIX = "hld"

    demand = owned("compliance.LegalDemand", related_name="holds")
    subject = models.CharField(max_length=96, blank=True, help_text="Public id, such as job_…")
    placed_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(db_default=Now(), editable=False)
    lifted_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(LegalHoldQuerySet)

    class Meta:
        """A subject is held once for a demand. Lifting loses data, so it takes another person."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "demand", "subject"),
                condition=Q(lifted_at__isnull=True),
                name="legal_hold_once",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by__isnull=True, lifted_at__isnull=True)
                | Q(lifted_by__isnull=False, lifted_at__isnull=False) & ~Q(lifted_by=F("placed_by")),
                name="legal_hold_lifted_by_another",
            ),
        )
        indexes = (
            models.Index(
                fields=("organization",), condition=Q(lifted_at__isnull=True), name="legal_hold_standing"
            ),
        )

    def __str__(self) -> str:
        return self.subject or "Everything"
