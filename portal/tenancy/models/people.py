"""People who sign in, and those of them who are officers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from portal.common.states import Transitions
from portal.tenancy.kinds import PlatformModel


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
