"""Cases of the office, and what comes out of them: determinations and their grants."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

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


class CaseKind(models.TextChoices):
    """What a case is about."""

    ONBOARDING = "onboarding", "Onboarding"
    NEW_PURPOSE = "new_purpose", "New purpose"
    END_USER_CHANGE = "end_user_change", "Change of end users"
    EXEMPTION = "exemption", "Exemption"
    RECERTIFICATION = "recertification", "Recertification"
    APPEAL = "appeal", "Appeal"
    MISUSE_REPORT = "misuse_report", "Report of misuse"
    INCIDENT = "incident", "Incident"
    LEGAL_DEMAND = "legal_demand", "Legal demand"
    BREACH = "breach", "Breach"
    PERSON_REQUEST = "person_request", "Request of a person"
    BIAS_FINDING = "bias_finding", "Bias finding"
    NO_RULE = "no_rule", "No rule"
    REFERRAL = "referral", "Referred request"
    STATUS_DIFFERENCE = "status_difference", "Recorded and computed status differ"


class CaseStatus(models.TextChoices):
    """Life of a case."""

    NEW = "new", "New"
    TRIAGED = "triaged", "Triaged"
    ASSIGNED = "assigned", "Assigned"
    UNDER_REVIEW = "under_review", "Under review"
    AWAITING_TENANT = "awaiting_tenant", "Waiting for the organization"
    RECOMMENDED = "recommended", "Recommended"
    AWAITING_COUNTERSIGN = "awaiting_countersign", "Waiting for the second officer"
    RETURNED = "returned", "Returned by the second officer"
    THIRD_VOTE = "third_vote", "Third vote"
    DECIDED = "decided", "Decided"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    REOPENED = "reopened", "Reopened"


ENDED = (CaseStatus.DECIDED, CaseStatus.CLOSED, CaseStatus.WITHDRAWN)


class CaseQuerySet(ScopedQuerySet["Case"]):
    """Reads of cases."""

    def open(self) -> CaseQuerySet:
        """Return those that still need somebody, the most urgent first."""
        return self.exclude(status__in=ENDED).order_by("due_at", "pk")

    def overdue(self) -> CaseQuerySet:
        """Return open ones whose due time has passed."""
        return self.open().filter(due_at__lt=Now())


class Case(OfficeModel):
    """One matter before the office."""

    PREFIX = "cas"

    kind = models.CharField(max_length=20, choices=CaseKind.choices)
    status = models.CharField(max_length=24, choices=CaseStatus.choices, default=CaseStatus.NEW)
    reference = models.CharField(max_length=16, unique=True)
    application = owned("compliance.Application", null=True, blank=True)
    subject = models.CharField(max_length=200, blank=True, help_text="Public id it is about, such as job_…")
    summary = models.CharField(max_length=300)
    assigned_to = models.ForeignKey(
        "tenancy.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    second_officer = models.ForeignKey(
        "tenancy.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    outcome = models.CharField(max_length=24, blank=True, help_text="What was decided.")
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(CaseQuerySet)

    class Meta:
        """Status is one of the words; two officers are two people."""

        constraints = (
            models.CheckConstraint(condition=Q(status__in=CaseStatus.values), name="case_status_known"),
            models.CheckConstraint(
                condition=Q(assigned_to__isnull=True)
                | Q(second_officer__isnull=True)
                | ~Q(assigned_to=F("second_officer")),
                name="case_two_officers_differ",
            ),
        )
        indexes = (models.Index(fields=("status", "due_at"), name="case_by_due_time"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class CaseMessage(OfficeModel):
    """Something said in a case. Internal notes are the officers' own."""

    PREFIX = "msg"

    case = owned("compliance.Case", related_name="messages")
    author = models.CharField(max_length=96)
    author_label = models.CharField(max_length=200)
    body = models.TextField()
    is_question = models.BooleanField(default=False)
    internal = models.BooleanField(default=False, help_text="Not shown to the organization.")
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """As they were written; a question to the organization is never internal."""

        ordering = ("written_at", "pk")
        constraints = (
            models.CheckConstraint(condition=~Q(is_question=True, internal=True), name="question_is_open"),
        )

    def __str__(self) -> str:
        return self.body[:60]


class Recommendation(OfficeModel):
    """What one officer would decide; the second sees the reasons after their own vote."""

    PREFIX = "rec"

    case = owned("compliance.Case", related_name="recommendations")
    officer = models.ForeignKey("tenancy.User", on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=24)
    reasons = models.TextField()
    finding = models.JSONField(default=dict, help_text="The determination proposed.")
    recommended_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """As they were given."""

        ordering = ("recommended_at", "pk")

    def __str__(self) -> str:
        return self.outcome


class DeterminationOutcome(models.TextChoices):
    """What was decided."""

    GRANTED = "granted", "Granted"
    REJECTED = "rejected", "Rejected"


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
