"""What became of leads, each a candidate or a compared pair: their outcome, and their withdrawal."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import TenantModel
from recognition.models.fields import owned


class OutcomeStatus(models.TextChoices):
    """What became of a lead. No outcome comes from the similarity: each names another source."""

    CONFIRMED = "confirmed", "Confirmed by other means"
    RULED_OUT = "ruled_out", "Ruled out"
    UNKNOWN = "unknown", "Unknown"


class LeadOutcome(TenantModel):
    """What became of a lead, from which source. A correction is a row of its own; the newest counts."""

    PREFIX = "out"

    lead = owned("recognition.Candidate", null=True)
    verification = owned("recognition.Verification", null=True)
    outcome = models.CharField(max_length=12, choices=OutcomeStatus.choices)
    source = models.CharField(max_length=200, help_text="Who or what it is known from.")
    reason = models.TextField()
    recorded_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """The newest of a lead is found by an index."""

        constraints = (
            models.CheckConstraint(condition=Q(outcome__in=OutcomeStatus.values), name="lead_outcome_known"),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) ^ Q(verification__isnull=True), name="outcome_of_one_thing"
            ),
        )
        indexes = (
            models.Index(fields=("organization", "lead", "-created_at"), name="outcome_of_lead"),
            models.Index(fields=("organization", "verification", "-created_at"), name="outcome_of_pair"),
        )

    def __str__(self) -> str:
        return self.get_outcome_display()


class LeadWithdrawal(TenantModel):
    """A lead that was taken back, by whom and why."""

    PREFIX = "wdr"

    lead = owned("recognition.Candidate", null=True)
    verification = owned("recognition.Verification", null=True)
    reason = models.TextField()
    withdrawn_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A lead is withdrawn once."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "lead"), name="lead_withdrawn_once"),
            models.UniqueConstraint(fields=("organization", "verification"), name="pair_withdrawn_once"),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) ^ Q(verification__isnull=True), name="withdrawal_of_one_thing"
            ),
        )

    def __str__(self) -> str:
        return f"Withdrawal of {self.lead_id or self.verification_id}"
