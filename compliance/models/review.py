"""What officers record about their own review: conflicts of interest and what they have seen."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.cases import Case
from compliance.models.fields import owned
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


class Recusal(OfficeModel):
    """An officer declared a conflict of interest and has no part in a case any more. Never taken back."""

    PREFIX = "rcs"

    case = owned("compliance.Case")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    recused_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Once a case and officer, with a reason."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "case", "officer"), name="recusal_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="recusal_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"{self.officer} has no part in {self.case}"


class OrganizationRecusalQuerySet(ScopedQuerySet["OrganizationRecusal"]):
    """Reads of conflicts of interest that hold for an organization."""

    def standing(self) -> OrganizationRecusalQuerySet:
        """Return those that nobody has withdrawn, the oldest first."""
        return self.filter(withdrawn_at=None).order_by("declared_at", "pk")


class OrganizationRecusal(OfficeModel):
    """A conflict of interest that holds for all cases of an organization, until another officer withdraws it.

    Why it is declared stands in the recusal from the case it was declared in, which the office alone can
    read. This row holds no words: an urgent request has officers drawn in the organization's own scope, and
    the draw has to see whom to leave out.
    """

    PREFIX = "orc"

    recusal = owned("compliance.Recusal")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(db_default=Now(), editable=False)
    withdrawn_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(OrganizationRecusalQuerySet)

    class Meta:
        """One stands at a time; another officer withdraws it."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "officer"),
                condition=Q(withdrawn_at=None),
                name="organization_recusal_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_by=F("officer")),
                name="organization_recusal_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.officer} has no part in anything about {self.organization}"


class Found(models.TextChoices):
    """What an officer found about one item of the checklist."""

    SEEN = "seen", "Seen"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    LACKING = "lacking", "Asked for and not shown"


class ChecklistAnswerQuerySet(ScopedQuerySet["ChecklistAnswer"]):
    """Reads of answers."""

    def standing(self, case: Case) -> dict[str, ChecklistAnswer]:
        """Return the newest answer to each item of a case."""
        return {row.item: row for row in self.filter(case=case).select_related("officer").order_by("pk")}


class ChecklistAnswer(OfficeModel):
    """What an officer saw of one item in a case. Inserted, never edited: the newest answer stands."""

    PREFIX = "chk"

    case = owned("compliance.Case")
    item = models.CharField(max_length=32, help_text="Code of the checklist.")
    found = models.CharField(max_length=16, choices=Found.choices)
    evidence = models.TextField(help_text="What was seen and where, or why it does not apply or is lacking.")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = office_objects(ChecklistAnswerQuerySet)

    class Meta:
        """Words are known, and every answer says what it rests on."""

        constraints = (
            models.CheckConstraint(condition=Q(found__in=Found.values), name="checklist_finding_known"),
            models.CheckConstraint(condition=~Q(evidence=""), name="checklist_rests_on_something"),
        )
        indexes = (models.Index(fields=("organization", "case"), name="checklist_of_case"),)

    def __str__(self) -> str:
        return f"{self.item}: {self.get_found_display()}"
