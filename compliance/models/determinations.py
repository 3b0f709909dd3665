"""Determinations and their grants: what the office decided about an organization."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least, Now

from compliance.models.fields import are_words, is_word, owned, word_field, words_field
from compliance.policy.facts import GrantLine
from compliance.policy.obligations import read_obligations
from compliance.policy.vocabulary import (
    Attribute,
    MoratoriumStatus,
    Operation,
    OrganizationType,
    Purpose,
    Record,
)
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects

LONGEST_GRANT = timedelta(days=366)  # twelve months, a leap year's included


class DeterminationOutcome(models.TextChoices):
    """What was decided."""

    GRANTED = "granted", "Granted"
    REJECTED = "rejected", "Rejected"
    REVOKED = "revoked", "Revoked"


class DeterminationQuerySet(ScopedQuerySet["Determination"]):
    """Reads of determinations."""

    def newest_first(self) -> DeterminationQuerySet:
        """Return them, the one in force first."""
        return self.order_by("-decided_at", "-pk")


class Determination(OfficeModel):
    """What the office decided about an organization. Inserted and never edited; the newest is in force."""

    PREFIX = "det"

    case = owned("compliance.Case", null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=DeterminationOutcome.choices)
    organization_type = word_field(OrganizationType)
    type_evidence = models.JSONField(default=list, help_text="Ids of the evidence that shows the type.")
    legal_form = models.CharField(max_length=100, blank=True)
    onward_service = models.BooleanField(default=False, help_text="It resells or passes results on.")
    establishment = ArrayField(models.CharField(max_length=16), default=list)
    processing = ArrayField(models.CharField(max_length=16), default=list)
    subjects = ArrayField(models.CharField(max_length=16), default=list)
    records = words_field(Record, help_text="Documents the officers have seen.")
    moratorium_status = word_field(MoratoriumStatus, help_text="The strictest line.")
    reasons = models.TextField()
    decided_by = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+", null=True)
    countersigned_by = models.ForeignKey(
        "tenancy.User", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(db_default=Now(), editable=False)
    synthetic = models.BooleanField(default=False, help_text="Made by a command, not by a person.")

    objects: ClassVar = office_objects(DeterminationQuerySet)

    class Meta:
        """Words are known; a person decided unless it is marked synthetic; two officers are two people."""

        constraints = (
            models.CheckConstraint(
                condition=is_word("organization_type", OrganizationType), name="determination_type_known"
            ),
            models.CheckConstraint(
                condition=is_word("moratorium_status", MoratoriumStatus), name="determination_status_known"
            ),
            models.CheckConstraint(
                condition=are_words("records", Record), name="determination_records_known"
            ),
            models.CheckConstraint(
                condition=Q(synthetic=True) | Q(decided_by__isnull=False), name="determination_by_a_person"
            ),
            models.CheckConstraint(
                condition=Q(countersigned_by__isnull=True)
                | Q(decided_by__isnull=False) & ~Q(countersigned_by=F("decided_by")),
                name="determination_two_people",
            ),
        )
        indexes = (models.Index(fields=("organization", "-decided_at"), name="determination_newest"),)

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.get_organization_type_display()}"

    @property
    def is_granted(self) -> bool:
        """Whether it grants anything."""
        return self.outcome == DeterminationOutcome.GRANTED

    def kept_grants(self) -> GrantQuerySet:
        """Return its grants, but for those that the organization gave up."""
        kept: GrantQuerySet = Grant.objects.filter(determination=self).kept()
        return kept.select_related("end_user").order_by("pk")


class GrantQuerySet(ScopedQuerySet["Grant"]):
    """Reads of grants."""

    def kept(self) -> GrantQuerySet:
        """Return those that the organization has not given up itself."""
        return self.filter(ends__isnull=True)

    def in_force(self) -> GrantQuerySet:
        """Return those under which something may run now, by the database's clock."""
        newest = self.of_newest_determinations().kept()
        return newest.filter(starts_at__lte=Now(), expires_at__gt=Now())

    def exempt(self) -> GrantQuerySet:
        """Return those in force whose exemption has not ended, the one that ends first on top."""
        until = Least(Coalesce("exemption_expires_at", "expires_at"), "expires_at")
        exempt = self.in_force().filter(moratorium_status=MoratoriumStatus.EXEMPT.value)
        return exempt.annotate(exempt_to=until).filter(exempt_to__gt=Now()).order_by("exempt_to", "pk")

    def of_newest_determinations(self) -> GrantQuerySet:
        """Return those of the determination that is in force for each organization."""
        newest = Determination.objects.filter(organization=OuterRef("organization")).newest_first()
        return self.filter(determination=Subquery(newest.values("pk")[:1]))


class Grant(OfficeModel):
    """One line of a determination: a purpose for a named end user, with conditions and an end."""

    PREFIX = "gra"

    determination = owned("compliance.Determination", related_name="grants")
    purpose = word_field(Purpose)
    end_user = models.ForeignKey("compliance.EndUser", on_delete=models.PROTECT, related_name="+")
    operations = words_field(Operation)
    attributes = words_field(Attribute, blank=True)
    conditions = models.JSONField(default=dict)
    moratorium_status = word_field(MoratoriumStatus)
    exemption = models.CharField(max_length=64, blank=True, help_text="Id of the rule that exempts it.")
    exemption_evidence = models.CharField(max_length=200, blank=True)
    exemption_expires_at = models.DateTimeField(null=True, blank=True)
    case_reference = models.CharField(max_length=100, blank=True, help_text="The only case it is for.")
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects: ClassVar = office_objects(GrantQuerySet)

    class Meta:
        """Words are known; it ends within twelve months; an exempt line names its exemption."""

        constraints = (
            models.CheckConstraint(condition=is_word("purpose", Purpose), name="grant_purpose_known"),
            models.CheckConstraint(
                condition=are_words("operations", Operation) & ~Q(operations=[]),
                name="grant_operations_known",
            ),
            models.CheckConstraint(
                condition=is_word("moratorium_status", MoratoriumStatus), name="grant_status_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("starts_at"), expires_at__lte=F("starts_at") + LONGEST_GRANT),
                name="grant_within_a_year",
            ),
            models.CheckConstraint(
                condition=Q(moratorium_status=MoratoriumStatus.EXEMPT.value) & ~Q(exemption="")
                | ~Q(moratorium_status=MoratoriumStatus.EXEMPT.value) & Q(exemption=""),
                name="grant_names_its_exemption",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.end_user}"

    @property
    def line(self) -> GrantLine:
        """The grant as rules see it."""
        return GrantLine(
            id=self.public_id,
            purpose=Purpose(self.purpose),
            end_user_id=self.end_user.party_id,
            end_user_name=self.end_user.name,
            operations=frozenset(map(Operation, self.operations)),
            moratorium_status=MoratoriumStatus(self.moratorium_status),
            starts_at=self.starts_at,
            expires_at=self.expires_at,
            exemption=self.exemption or None,
            exemption_expires_at=self.exemption_expires_at,
            case_reference=self.case_reference or None,
            attributes=frozenset(map(Attribute, self.attributes)),
            conditions=read_obligations(self.conditions),
        )


class GrantEnd(OfficeModel):
    """A grant that the organization gave up: a tightening, which waits for nobody and is never taken back."""

    PREFIX = "gre"

    grant = owned("compliance.Grant", related_name="ends")
    ended_by = models.CharField(max_length=96)
    ended_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A grant is given up once."""

        constraints = (models.UniqueConstraint(fields=("organization", "grant"), name="grant_ends_once"),)

    def __str__(self) -> str:
        return f"End of {self.grant}"
