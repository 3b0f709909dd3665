"""Breaches of an organization's data, and the steps that have to follow."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models.fields import owned
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects

# GDPR Article 33(1): the authority is told within 72 hours of becoming aware, where feasible.
AUTHORITY_WITHIN = timedelta(hours=72)


class BreachStep(models.TextChoices):
    """What has to be done about a breach."""

    CONTAINED = "contained", "Contained"
    ASSESSED = "assessed", "Risk assessed"
    AUTHORITY_TOLD = "authority_told", "Authority told"
    PEOPLE_TOLD = "people_told", "People told"


# Whether these are needed follows from the assessment; the others always are.
MAY_BE_NEEDLESS = frozenset({BreachStep.AUTHORITY_TOLD, BreachStep.PEOPLE_TOLD})


class BreachQuerySet(ScopedQuerySet["Breach"]):
    """Reads of breaches."""

    def authority_untold(self) -> BreachQuerySet:
        """Return those whose authority was not told, nor found needless to tell, by the end of its time."""
        done = BreachAction.objects.filter(breach=models.OuterRef("pk"), step=BreachStep.AUTHORITY_TOLD)
        return self.filter(~models.Exists(done), authority_due_at__lte=Now())


class Breach(OfficeModel):
    """One breach of one organization's data."""

    PREFIX = "bre"

    case = owned("compliance.Case")
    what = models.TextField(help_text="What happened to which data. The organization reads it.")
    aware_at = models.DateTimeField(help_text="When anybody of the operator knew of it.")
    authority_due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(BreachQuerySet)

    class Meta:
        """The authority's time begins with the knowledge."""

        verbose_name_plural = "breaches"
        constraints = (
            models.CheckConstraint(
                condition=Q(authority_due_at__gt=models.F("aware_at")), name="breach_due_after_known"
            ),
        )

    def __str__(self) -> str:
        return self.what[:60]


class BreachAction(OfficeModel):
    """One step taken, or found needless, by whom and when. Never changed."""

    PREFIX = "bra"

    breach = owned("compliance.Breach", related_name="actions")
    step = models.CharField(max_length=16, choices=BreachStep.choices)
    needed = models.BooleanField(default=True, help_text="False: the assessment found it needless.")
    note = models.TextField()
    taken_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Each step once; only what an assessment decides about can be needless."""

        ordering = ("taken_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("organization", "breach", "step"), name="breach_step_once"),
            models.CheckConstraint(
                condition=Q(needed=True) | Q(step__in=sorted(MAY_BE_NEEDLESS)), name="breach_step_needed"
            ),
        )

    def __str__(self) -> str:
        return self.get_step_display()
