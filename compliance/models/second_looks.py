"""Clearances decided again by an officer who does not know how they were decided."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.determinations import DeterminationOutcome
from compliance.models.fields import is_word, owned, word_field
from compliance.policy.vocabulary import MoratoriumStatus
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


class SecondLookQuerySet(ScopedQuerySet["SecondLook"]):
    """Reads of second looks."""

    def waiting(self) -> SecondLookQuerySet:
        """Return those that nobody has answered yet, the oldest first."""
        return self.filter(judged_at=None).order_by("drawn_at", "pk")


class SecondLook(OfficeModel):
    """One determination, drawn by chance, and what a fresh officer would have decided."""

    PREFIX = "slk"

    case = owned("compliance.Case")
    determination = owned("compliance.Determination")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    drawn_at = models.DateTimeField(db_default=Now(), editable=False)
    outcome = models.CharField(max_length=10, choices=DeterminationOutcome.choices, blank=True)
    moratorium_status = word_field(MoratoriumStatus, blank=True)
    reasons = models.TextField(blank=True)
    agrees = models.BooleanField(null=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(SecondLookQuerySet)

    class Meta:
        """A determination is looked at again once; an answer is whole or not there."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "determination"), name="second_look_once"),
            models.CheckConstraint(
                condition=Q(judged_at=None, outcome="", agrees=None)
                | Q(judged_at__isnull=False, outcome__in=DeterminationOutcome.values, agrees__isnull=False)
                & ~Q(reasons="")
                & is_word("moratorium_status", MoratoriumStatus),
                name="second_look_whole",
            ),
        )
        indexes = (
            models.Index(fields=("officer",), condition=Q(judged_at=None), name="second_look_waiting"),
        )

    def __str__(self) -> str:
        return f"Second look at {self.case}"
