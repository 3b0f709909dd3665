"""The urgent path: officers on call, requests that cannot wait, and each officer's own vote."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.fields import is_word, owned, word_field
from compliance.policy.vocabulary import PEOPLE_FINDING, OrganizationType, Purpose, RequestedBy
from portal.tenancy.kinds import OfficeModel, PlatformModel, ScopedQuerySet, office_objects

LONGEST_URGENT = timedelta(hours=72)


class ShiftQuerySet(models.QuerySet["Shift"]):
    """Reads of shifts."""

    def now(self) -> ShiftQuerySet:
        """Return those that run, by the database's clock, of officers who still are officers."""
        active = Q(officer__is_active=True, officer__officer__active=True)
        return self.filter(active, left_at=None, ends_at__gt=Now()).order_by("ends_at", "pk")


class Shift(PlatformModel):
    """The time in which an officer is on call."""

    PREFIX = "shf"

    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    ends_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True, help_text="When they left before its end.")

    objects: ClassVar[models.Manager[Shift]] = ShiftQuerySet.as_manager()

    class Meta:
        """One running shift a person."""

        constraints = (
            models.UniqueConstraint(
                fields=("officer", "ends_at"), condition=Q(left_at__isnull=True), name="shift_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.officer} until {self.ends_at:%Y-%m-%d %H:%M}"


class UrgentQuerySet(ScopedQuerySet["UrgentRequest"]):
    """Reads of urgent requests."""

    def late(self) -> UrgentQuerySet:
        """Return those undecided past their hour, by the database's clock, of which nobody was told."""
        return self.filter(case__decided_at=None, case__due_at__lte=Now(), escalated_at=None)

    def to_review(self) -> UrgentQuerySet:
        """Return those whose grant has ended and has not been looked at again."""
        return self.filter(granted_until__lte=Now(), review="")


class UrgentRequest(OfficeModel):
    """A request that cannot wait for the ordinary path: one purpose, one end user, one case reference."""

    PREFIX = "urg"

    case = owned("compliance.Case")
    purpose = word_field(Purpose)
    requested_by = word_field(RequestedBy, help_text="Who asks.")
    authority = models.CharField(max_length=200, help_text="The authority to which it was reported.")
    authority_reference = models.CharField(max_length=100)
    case_reference = models.CharField(max_length=100, help_text="The only case it is for.")
    story = models.TextField()
    end_user = models.ForeignKey(
        "compliance.EndUser", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    body_name = models.CharField(max_length=200, blank=True, help_text="An end user not in the register.")
    body_type = word_field(OrganizationType, blank=True)
    filed_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(db_default=Now(), editable=False)
    escalated_at = models.DateTimeField(null=True, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True)
    granted_until = models.DateTimeField(null=True, blank=True)
    review = models.CharField(max_length=96, blank=True, help_text="Public id of the case that reviews it.")

    objects: ClassVar = office_objects(UrgentQuerySet)

    class Meta:
        """Only to find people, for one end user, for 72 hours at most."""

        constraints = (
            models.CheckConstraint(
                condition=Q(purpose__in=sorted(PEOPLE_FINDING)), name="urgent_finds_people"
            ),
            models.CheckConstraint(
                condition=is_word("requested_by", RequestedBy), name="urgent_requester_known"
            ),
            models.CheckConstraint(
                condition=Q(end_user__isnull=False, body_name="", body_type="")
                | Q(end_user__isnull=True) & ~Q(body_name="") & is_word("body_type", OrganizationType),
                name="urgent_one_end_user",
            ),
            models.CheckConstraint(
                condition=Q(granted_at__isnull=True, granted_until__isnull=True)
                | Q(granted_until__gt=F("granted_at"), granted_until__lte=F("granted_at") + LONGEST_URGENT),
                name="urgent_within_72_hours",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}, {self.case_reference}"

    @property
    def for_whom(self) -> str:
        """The end user's name."""
        return str(self.end_user) if self.end_user else self.body_name


class UrgentVote(OfficeModel):
    """What one officer decided, without having seen the other's vote. Never changed."""

    PREFIX = "urv"

    request = owned("compliance.UrgentRequest", related_name="votes")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    grants = models.BooleanField()
    hours = models.PositiveSmallIntegerField(help_text="For how long; 0 where it refuses.")
    reasons = models.TextField()
    voted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """One vote an officer; a grant is for one to 72 hours."""

        ordering = ("voted_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("organization", "request", "officer"), name="urgent_vote_once"),
            models.CheckConstraint(
                condition=Q(grants=True, hours__gte=1, hours__lte=72) | Q(grants=False, hours=0),
                name="urgent_vote_hours",
            ),
        )

    def __str__(self) -> str:
        return "Grant" if self.grants else "Refuse"
