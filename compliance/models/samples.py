"""Questions about single requests: drawn at random or because they stand out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


class SampleReason(models.TextChoices):
    """Why a request was drawn."""

    RANDOM = "random", "Drawn at random"
    OUTLIER = "outlier", "Far larger than the organization's usual requests"


class SampleStatus(models.TextChoices):
    """Life of a question about a request."""

    ASKED = "asked", "Waiting for the organization"
    OVERDUE = "overdue", "Not answered in time"
    ANSWERED = "answered", "Answered"
    ACCEPTED = "accepted", "Found plausible"
    DOUBTED = "doubted", "Doubted, a case is open"


class SampleQuerySet(ScopedQuerySet["Sample"]):
    """Reads of samples."""

    def waiting(self) -> SampleQuerySet:
        """Return those the organization still has to answer, the one due first on top."""
        return self.filter(status__in=(SampleStatus.ASKED, SampleStatus.OVERDUE)).order_by("due_at", "pk")

    def past_due(self) -> SampleQuerySet:
        """Return those whose time ran out and that nobody has noted yet, by the database's clock."""
        return self.filter(status=SampleStatus.ASKED, due_at__lte=Now()).order_by("pk")

    def to_judge(self) -> SampleQuerySet:
        """Return those whose answer an officer has to look at, the oldest answer first."""
        return self.filter(status=SampleStatus.ANSWERED).order_by("answered_at", "pk")


class Sample(OfficeModel):
    """One request that its submitter is asked about: which case it belongs to. No face is shown."""

    PREFIX = "smp"

    subject = models.CharField(max_length=96, help_text="Public id of the job.")
    purpose = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text="Photos in it.")
    stated_reference = models.CharField(max_length=100, blank=True, help_text="As stated with the request.")
    reason = models.CharField(max_length=10, choices=SampleReason.choices)
    status = models.CharField(max_length=10, choices=SampleStatus.choices, default=SampleStatus.ASKED)
    asked_of = models.CharField(max_length=96, help_text="Who submitted it.")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    case_reference = models.CharField(max_length=100, blank=True)
    explanation = models.TextField(blank=True)
    answered_by = models.CharField(max_length=96, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    judged_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(SampleQuerySet)

    class Meta:
        """A request is asked about once; an answer has its writer and moment."""

        constraints = (
            models.CheckConstraint(condition=Q(status__in=SampleStatus.values), name="sample_status_known"),
            models.UniqueConstraint(fields=("organization", "subject"), name="sample_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by="", case_reference="")
                | Q(answered_at__isnull=False) & ~Q(answered_by="") & ~Q(case_reference=""),
                name="sample_answered_by_and_at",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="sample_due_after_asked"),
        )
        indexes = (models.Index(fields=("status", "due_at"), name="sample_by_due_time"),)

    def __str__(self) -> str:
        return self.subject
