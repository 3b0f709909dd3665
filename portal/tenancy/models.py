"""The directory: users, organizations, memberships, invitations, keys, officers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from portal.common.states import Transitions
from portal.tenancy.kinds import PlatformModel
from portal.tenancy.roles import Role


class UserManager(BaseUserManager["User"]):
    """Users by email."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password the account waits for its invitation or reset link."""
        user: User = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by email, whatever its case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin, PlatformModel):
    """A person who signs in, by email."""

    PREFIX = "usr"
    USERNAME_FIELD = "email"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = False
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        """One account an address, whatever its case."""

        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_any_case"),)

    def __str__(self) -> str:
        return self.name or self.email


class Officer(PlatformModel):
    """A compliance officer of the operator. Appointed, never a role that a tenant gives."""

    PREFIX = "off"

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="officer")
    active = models.BooleanField(default=True)
    synthetic = models.BooleanField(
        default=False, help_text="Made by a command for a demonstration or a test."
    )
    appointed_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return str(self.user)


class OfficerChange(models.TextChoices):
    """What is proposed about an officer."""

    APPOINT = "appoint", "Appoint"
    DISMISS = "dismiss", "Dismiss"


class OfficerProposalStatus(models.TextChoices):
    """Life of such a proposal."""

    WAITING = "waiting", "Waiting for officers"
    CARRIED_OUT = "carried_out", "Carried out"
    REFUSED = "refused", "Refused"


OFFICER_PROPOSAL_TRANSITIONS = Transitions(
    {OfficerProposalStatus.WAITING: {OfficerProposalStatus.CARRIED_OUT, OfficerProposalStatus.REFUSED}}
)


class OfficerProposal(PlatformModel):
    """An appointment or dismissal that waits until two officers have approved it."""

    PREFIX = "ofp"

    change = models.CharField(max_length=10, choices=OfficerChange.choices)
    email = models.EmailField()
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    status = models.CharField(
        max_length=12, choices=OfficerProposalStatus.choices, default=OfficerProposalStatus.WAITING
    )
    proposed_by = models.CharField(max_length=96, help_text="usr_… or system:shell, which approves nothing.")
    proposed_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Words are known; one proposal an address waits at a time; a dismissal names whom."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=OfficerProposalStatus.values), name="officer_proposal_status_known"
            ),
            models.CheckConstraint(
                condition=Q(change=OfficerChange.APPOINT)
                | Q(change=OfficerChange.DISMISS, officer__isnull=False),
                name="officer_proposal_names_whom",
            ),
            models.UniqueConstraint(
                Lower("email"), "change", condition=Q(status="waiting"), name="officer_proposal_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_change_display()} {self.email}"


class OfficerApproval(PlatformModel):
    """One officer's approval of a proposal, given with their own sign-in."""

    PREFIX = "ofa"

    proposal = models.ForeignKey(OfficerProposal, on_delete=models.PROTECT, related_name="approvals")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A person approves once."""

        constraints = (models.UniqueConstraint(fields=("proposal", "user"), name="officer_approval_once"),)

    def __str__(self) -> str:
        return f"{self.user} on {self.proposal}"


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
    data_key = models.BinaryField(help_text="Data key, wrapped under the platform's key-encryption key.")
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


class ApiKey(PlatformModel):
    """A program's key, bound to one purpose and one end user.

    `secret_hash` is SHA-256 of the bearer secret (256 random bits, so a slow hash adds nothing);
    `signing_secret` is sealed under the organization's data key, since SigV4 needs it in the clear.
    """

    PREFIX = "key"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    access_key_id = models.CharField(max_length=20, unique=True)
    signing_secret = models.BinaryField()
    purpose = models.CharField(max_length=64)
    end_user_id = models.UUIDField(help_text="From the register of end users.")
    scopes = ArrayField(models.CharField(max_length=32), default=list)
    defaults = models.JSONField(default=dict, help_text="Facts that a call may leave out.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
