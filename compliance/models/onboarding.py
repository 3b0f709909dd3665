"""What an organization tells about itself, and with which documents."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from compliance.models.fields import is_word, owned, word_field
from compliance.policy.facts import Party
from compliance.policy.vocabulary import OrganizationType, Record
from portal.tenancy.kinds import OfficeModel, PlatformModel, ScopedQuerySet, office_objects


class EndUserQuerySet(models.QuerySet["EndUser"]):
    """Reads of the register."""

    def matching(self, text: str) -> EndUserQuerySet:
        """Return entries whose name, or whose jurisdiction, holds a text."""
        return self.filter(Q(name__icontains=text) | Q(jurisdiction__iexact=text)) if text else self


class EndUser(PlatformModel):
    """A body for which organizations work, in one register that all tenants share.

    An organization that works for itself has an entry of its own (`organization`).
    """

    PREFIX = "eus"

    name = models.CharField(max_length=200)
    organization_type = word_field(OrganizationType)
    jurisdiction = models.CharField(max_length=16, blank=True)
    organization = models.OneToOneField(
        "tenancy.Organization", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    synthetic = models.BooleanField(default=False)
    registered_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = EndUserQuerySet.as_manager()

    class Meta:
        """A body is entered once; the same name in two jurisdictions is two bodies."""

        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                "organization_type",
                "jurisdiction",
                condition=Q(organization__isnull=True),
                name="end_user_once",
            ),
            models.CheckConstraint(
                condition=is_word("organization_type", OrganizationType), name="end_user_type_known"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def party_id(self) -> str:
        """How facts name it: by the organization's id where it is one, so that it is seen to be the same."""
        return str(self.organization_id or self.pk)

    @property
    def party(self) -> Party:
        """The end user as rules see it."""
        return Party(id=self.party_id, name=self.name, type=OrganizationType(self.organization_type))


class ApplicationKind(models.TextChoices):
    """What is applied for."""

    ONBOARDING = "onboarding", "Onboarding"
    NEW_PURPOSE = "new_purpose", "New purpose"
    END_USER_CHANGE = "end_user_change", "Change of end users"
    EXEMPTION = "exemption", "Exemption"
    RECERTIFICATION = "recertification", "Recertification"
    APPEAL = "appeal", "Appeal"


# Of the others several may wait for a decision, each for a purpose or a body of its own.
ONE_AT_A_TIME = (ApplicationKind.ONBOARDING, ApplicationKind.RECERTIFICATION)


class ApplicationStatus(models.TextChoices):
    """Life of an application."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    INFO_REQUESTED = "info_requested", "Information requested"
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LAPSED = "lapsed", "Lapsed"


UNFINISHED = (ApplicationStatus.DRAFT, ApplicationStatus.INFO_REQUESTED)
OPEN = (*UNFINISHED, ApplicationStatus.SUBMITTED)


class ApplicationQuerySet(ScopedQuerySet["Application"]):
    """Reads of applications."""

    def unfinished(self) -> ApplicationQuerySet:
        """Return those the organization can still write on."""
        return self.filter(status__in=UNFINISHED)

    def open(self) -> ApplicationQuerySet:
        """Return those about which nothing was decided yet."""
        return self.filter(status__in=OPEN)


class Application(OfficeModel):
    """What an organization asks for, answer by answer."""

    PREFIX = "app"

    kind = models.CharField(max_length=20, choices=ApplicationKind.choices)
    status = models.CharField(
        max_length=20, choices=ApplicationStatus.choices, default=ApplicationStatus.DRAFT
    )
    reference = models.CharField(max_length=16, unique=True)
    answers = models.JSONField(default=dict)
    earlier = models.JSONField(default=dict, help_text="The answers it began with.")
    answered = ArrayField(
        models.CharField(max_length=40), default=list, help_text="Questions answered or confirmed in it."
    )
    against = models.CharField(
        max_length=64, blank=True, help_text="Public id of the decision that an appeal is against."
    )
    declaration = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the declared answers.")
    declared_by = models.CharField(max_length=96, blank=True)
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(help_text="It lapses then, if it waits for the organization.")

    objects: ClassVar = office_objects(ApplicationQuerySet)

    class Meta:
        """What was submitted is declared, by whom and when; nothing is asked for twice at a time."""

        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=ApplicationStatus.values), name="application_status_known"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True) | ~Q(declaration="") & ~Q(declared_by=""),
                name="application_declared",
            ),
            models.CheckConstraint(
                condition=Q(kind=ApplicationKind.APPEAL) | Q(against=""),
                name="application_only_appeals_against",
            ),
            models.UniqueConstraint(
                fields=("organization", "kind"),
                condition=Q(status=ApplicationStatus.DRAFT) & ~Q(kind=ApplicationKind.APPEAL),
                name="application_one_draft_a_kind",
            ),
            models.UniqueConstraint(
                fields=("organization", "kind"),
                condition=Q(kind__in=ONE_AT_A_TIME, status__in=OPEN),
                name="application_one_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("organization", "against"),
                condition=Q(kind=ApplicationKind.APPEAL, status__in=OPEN),
                name="application_one_appeal_a_decision",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"

    def status_at(self, now: datetime) -> str:
        """The status by the clock: what waited for the organization too long has lapsed, swept or not."""
        over = self.status in UNFINISHED and self.expires_at <= now
        return ApplicationStatus.LAPSED if over else self.status


class EvidenceStatus(models.TextChoices):
    """Life of a document."""

    RECEIVED = "received", "Received"
    VERIFIED = "verified", "Verified"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"


EXPIRING = (EvidenceStatus.RECEIVED, EvidenceStatus.VERIFIED)
_VALID = Q(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), status=EvidenceStatus.VERIFIED)


class EvidenceQuerySet(ScopedQuerySet["Evidence"]):
    """Reads of evidence."""

    def in_force(self) -> EvidenceQuerySet:
        """Return what was verified and has not expired, by the database's clock."""
        return self.filter(_VALID)

    def unexpired(self) -> EvidenceQuerySet:
        """Return what was received or verified and has not expired, by the database's clock."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=Now()), status__in=EXPIRING)

    def was_verified(self) -> EvidenceQuerySet:
        """Return what an officer found genuine, and whether it is `valid` still, by the database's clock."""
        judged = self.filter(status__in=(EvidenceStatus.VERIFIED, EvidenceStatus.EXPIRED))
        return judged.exclude(verified_by="").annotate(valid=Q(_VALID))

    def past_its_end(self) -> EvidenceQuerySet:
        """Return what has expired by the database's clock and does not say so yet."""
        return self.filter(expires_at__lte=Now(), status__in=EXPIRING)


class Evidence(OfficeModel):
    """A document, sealed under the organization's data key."""

    PREFIX = "evi"

    application = owned("compliance.Application")
    kind = models.CharField(max_length=48, help_text="What it shows, such as registration or authority.")
    record = word_field(Record, blank=True, help_text="The record it counts as, once verified.")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    key_version = models.PositiveIntegerField(
        default=1, help_text="Of the data key its bytes are sealed under."
    )
    status = models.CharField(max_length=10, choices=EvidenceStatus.choices, default=EvidenceStatus.RECEIVED)
    verified_by = models.CharField(max_length=96, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="Why it was rejected.")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = office_objects(EvidenceQuerySet)

    class Meta:
        """Status is one of the words; who verified and when go together."""

        verbose_name_plural = "evidence"
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=EvidenceStatus.values), name="evidence_status_known"
            ),
            models.CheckConstraint(
                condition=Q(verified_by="", verified_at__isnull=True)
                | ~Q(verified_by="") & Q(verified_at__isnull=False),
                name="evidence_verified_by_and_at",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def status_at(self, now: datetime) -> str:
        """The status by the clock: what expired is expired, swept already or not."""
        over = self.expires_at is not None and self.expires_at <= now
        return EvidenceStatus.EXPIRED if over and self.status in EXPIRING else self.status

    @property
    def path(self) -> str:
        """Where the sealed bytes are."""
        return f"evidence/{self.organization_id}/{self.pk}"
