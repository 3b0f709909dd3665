"""What people without an account write to the office: reports of misuse, requests about themselves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import Identified, Kind, ScopedQuerySet, office_objects


class IntakeKind(models.TextChoices):
    """What was sent. Values are those of the kinds of case it becomes."""

    MISUSE_REPORT = "misuse_report", "Report of misuse"
    PERSON_REQUEST = "person_request", "Request of a person"


class Wish(models.TextChoices):
    """What a person asks for."""

    ACCESS = "access", "To know what is held about me"
    OBJECTION = "objection", "To object to its use"
    ERASURE = "erasure", "To have it erased"
    CORRECTION = "correction", "To have it corrected"
    APPEAL = "appeal", "To challenge what was decided because of a candidate"


class IntakeQuerySet(ScopedQuerySet["Intake"]):
    """Reads of what was sent."""

    def waiting(self) -> IntakeQuerySet:
        """Return what nobody has assigned to an organization or put aside yet, the one due first on top."""
        return self.filter(case="", dismissed_at=None).order_by("due_at", "pk")


class Intake(Identified):
    """One thing that was sent. Which organization it is about may not be known: then an officer finds out.

    Officers alone read it, also after it was assigned: it may say who reported.
    """

    PREFIX = "int"
    model_kind: ClassVar[Kind] = Kind.OFFICE

    organization = models.ForeignKey(
        "tenancy.Organization", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    kind = models.CharField(max_length=16, choices=IntakeKind.choices)
    reference = models.CharField(max_length=16, unique=True, help_text="What the sender is given.")
    wish = models.CharField(max_length=12, choices=Wish.choices, blank=True)
    named = models.CharField(max_length=200, blank=True, help_text="The organization, as written.")
    body = models.TextField()
    contact = models.EmailField(blank=True, help_text="Where an answer goes, if one is wanted.")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    case = models.CharField(max_length=96, blank=True, help_text="Public id of the case it became.")
    handled_by = models.CharField(max_length=96, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissal = models.TextField(blank=True, help_text="Why it was put aside.")

    objects: ClassVar = office_objects(IntakeQuerySet)

    class Meta:
        """It has a case once its organization is known; it becomes a case or is put aside with reasons."""

        verbose_name_plural = "intake"
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=IntakeKind.values), name="intake_kind_known"),
            models.CheckConstraint(
                condition=Q(organization__isnull=True, case="")
                | Q(organization__isnull=False) & ~Q(case="") & Q(dismissed_at__isnull=True),
                name="intake_case_of_an_organization",
            ),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True, dismissal="")
                | Q(dismissed_at__isnull=False) & ~Q(dismissal="") & ~Q(handled_by=""),
                name="intake_dismissed_with_reasons",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"

    @property
    def status(self) -> str:
        """Where it stands, in a word that may be shown to whoever has the reference."""
        if self.dismissed_at:
            return "closed"
        return "under_review" if self.case else "received"
