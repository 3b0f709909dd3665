"""Cases of the office: what waits, what was said, what officers recommended."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.fields import owned
from portal.tenancy.kinds import OfficeModel, ScopedQuerySet, office_objects


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
    ALERT = "alert", "Suspected misuse"
    URGENT = "urgent", "Urgent request"
    URGENT_REVIEW = "urgent_review", "Review of an urgent grant"
    SECOND_LOOK = "second_look", "Second look disagrees"


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
    confidential = models.BooleanField(default=False, help_text="Not shown to the organization.")
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

    @property
    def trail_id(self) -> UUID | None:
        """The organization in whose trail its events stand: none while it is not shown there."""
        return None if self.confidential else self.organization_id


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
