"""Organizations, their members and invitations."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from portal.common.states import Transitions
from portal.tenancy.kinds import PlatformModel
from portal.tenancy.models.people import User
from portal.tenancy.roles import Role


class OrganizationStatus(models.TextChoices):
    """Life of an organization on the platform."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    IN_REVIEW = "in_review", "In review"
    INFO_REQUESTED = "info_requested", "Information requested"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"
    ACTIVE = "active", "Active"
    REJECTED = "rejected", "Rejected"
    RESTRICTED = "restricted", "Restricted"
    SUSPENDED = "suspended", "Suspended"
    RECERTIFICATION_DUE = "recertification_due", "Recertification due"
    REVOKED = "revoked", "Revoked"
    CLOSING = "closing", "Closing"
    CLOSED = "closed", "Closed"


_S = OrganizationStatus
ORGANIZATION_TRANSITIONS = Transitions(
    {
        _S.DRAFT: {_S.SUBMITTED, _S.CLOSING},
        _S.SUBMITTED: {_S.IN_REVIEW, _S.WITHDRAWN, _S.CLOSING},
        _S.IN_REVIEW: {_S.INFO_REQUESTED, _S.WITHDRAWN, _S.ACTIVE, _S.REJECTED, _S.CLOSING},
        _S.INFO_REQUESTED: {_S.IN_REVIEW, _S.LAPSED, _S.CLOSING},
        _S.WITHDRAWN: {_S.SUBMITTED, _S.CLOSING},
        _S.LAPSED: {_S.SUBMITTED, _S.CLOSING},
        _S.REJECTED: {_S.IN_REVIEW, _S.CLOSING},
        _S.ACTIVE: {_S.RESTRICTED, _S.SUSPENDED, _S.RECERTIFICATION_DUE, _S.CLOSING},
        _S.RECERTIFICATION_DUE: {_S.ACTIVE, _S.SUSPENDED, _S.CLOSING},
        _S.RESTRICTED: {_S.ACTIVE, _S.SUSPENDED, _S.CLOSING},
        _S.SUSPENDED: {_S.ACTIVE, _S.REVOKED, _S.CLOSING},
        _S.REVOKED: {_S.IN_REVIEW, _S.CLOSING},
        _S.CLOSING: {_S.CLOSED},
    }
)


class Organization(PlatformModel):
    """A tenant. What it may do stands in its determinations, not here: no flag to keep in step."""

    PREFIX = "org"

    name = models.CharField(max_length=200)
    status = models.CharField(
        max_length=20, choices=OrganizationStatus.choices, default=OrganizationStatus.DRAFT
    )
    synthetic = models.BooleanField(
        default=False, help_text="Made by a command for a demonstration or a test."
    )
    epoch = models.BigIntegerField(
        default=0, help_text="Raised by whatever can stop a running job of this tenant."
    )
    weight = models.PositiveSmallIntegerField(
        default=1, help_text="Share of the workers against other tenants."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Status is one of the words."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=OrganizationStatus.values), name="organization_status_known"
            ),
            models.CheckConstraint(condition=Q(weight__gte=1), name="organization_weight_positive"),
        )

    def __str__(self) -> str:
        return self.name


class Membership(PlatformModel):
    """A user's role in an organization. Kept after the end: nobody decides where they once belonged."""

    PREFIX = "mem"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    trained_on = models.DateField(null=True, blank=True, help_text="Date of the reviewer's training.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One current membership a person and organization."""

        constraints = (
            models.UniqueConstraint(
                fields=("organization", "user"), condition=Q(ended_at__isnull=True), name="membership_once"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(PlatformModel):
    """An invitation by email; the link carries a secret of which only the hash is kept."""

    PREFIX = "inv"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Invitation to {self.organization}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()
