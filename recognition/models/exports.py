"""Results that left as files: to whom, with which leads and photos, and who was told afterwards."""

from __future__ import annotations

import hashlib
import hmac
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models import Letter
from portal.tenancy import secrets
from portal.tenancy.kinds import PlatformModel, ScopedQuerySet, TenantModel, tenant_objects
from recognition.models.fields import owned


class Party(models.TextChoices):
    """Whose hands an export went to, as far as rules see it."""

    ORGANIZATION = "organization", "Own organization"
    REGISTERED = "registered", "In the register"
    UNREGISTERED = "unregistered", "Not in the register"


class ExportRecord(TenantModel):
    """Results that were handed out as a file, and to whom. The trail holds its id, never the name."""

    PREFIX = "exp"

    job = owned("recognition.Job")
    recipient = models.CharField(max_length=200, help_text="Who receives it, as the exporter named them.")
    party = models.CharField(max_length=12, choices=Party.choices, default=Party.ORGANIZATION)
    end_user_id = models.UUIDField(null=True, help_text="The body in the register it went to.")
    email = models.EmailField(blank=True, help_text="Where the recipient is told of a withdrawal.")
    format = models.CharField(max_length=10)
    ruling = models.CharField(max_length=40, help_text="Under which it was read.")
    exported_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A registered body is named by its entry, and nobody else is."""

        constraints = (
            models.CheckConstraint(
                condition=Q(party=Party.REGISTERED, end_user_id__isnull=False)
                | Q(party__in=(Party.ORGANIZATION, Party.UNREGISTERED), end_user_id__isnull=True),
                name="export_party_known",
            ),
        )
        indexes = (models.Index(fields=("organization", "job"), name="export_by_job"),)

    def __str__(self) -> str:
        return self.public_id


class ExportedLead(TenantModel):
    """A lead that an export carried. It names the lead by its bare id, and so outlives an erasure."""

    PREFIX = "exl"

    export = owned("recognition.ExportRecord")
    lead_id = models.UUIDField()

    class Meta:
        """A lead is in an export once, and exports are found by it."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "lead_id", "export"), name="exported_lead_once"),
        )

    def __str__(self) -> str:
        return str(self.lead_id)


class ExportedImageQuerySet(models.QuerySet["ExportedImage"]):
    """Reads of exported photos."""

    def showing(self, sha256: str) -> ExportedImageQuerySet:
        """Return the exports that named the photo with this digest, of whichever organization."""
        return self.filter(digest=keyed(sha256))


class ExportedImage(PlatformModel):
    """A photo that an export named, known again by a keyed hash when somebody uploads it.

    The row belongs to the platform, since a photo of one tenant's lead comes back through another. Without
    the platform's key the hash tells nobody which photo it is.
    """

    PREFIX = "exi"

    digest = models.CharField(max_length=64, help_text="Keyed hash of the photo's SHA-256.")
    export_id = models.UUIDField()
    organization_id = models.UUIDField(help_text="Whose export it was.")
    exported_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = ExportedImageQuerySet.as_manager()

    class Meta:
        """Found by the photo; once an export."""

        constraints = (models.UniqueConstraint(fields=("digest", "export_id"), name="exported_image_once"),)

    def __str__(self) -> str:
        return self.digest


def keyed(sha256: str) -> str:
    """Return the keyed hash under which a photo's digest is kept: HMAC-SHA256 under a key of the platform."""
    key = secrets.platform_key("exported-images")
    return hmac.new(key, sha256.lower().encode(), hashlib.sha256).hexdigest()


class NoticeQuerySet(ScopedQuerySet["Notice"]):
    """Reads of notices."""

    def to_tell(self) -> NoticeQuerySet:
        """Return those whose recipient a person has to tell: no letter goes, or it was given up."""
        given_up = Letter.objects.exclude(given_up_at=None).values("pk")
        return self.filter(Q(letter_id=None) | Q(letter_id__in=given_up), told_at=None)


class Notice(TenantModel):
    """That the recipient of an export has to know of a withdrawal or recall, and how they came to know.

    Whoever left an address is mailed a letter. Everybody else is told by a person, who notes it here.
    """

    PREFIX = "ntc"

    export = owned("recognition.ExportRecord")
    about = models.CharField(max_length=96, help_text="Public id of the lead, or of the job.")
    letter_id = models.UUIDField(null=True, help_text="The letter, where one goes.")
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.CharField(max_length=96, blank=True)
    how = models.CharField(max_length=200, blank=True, help_text="How a person told them.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar = tenant_objects(NoticeQuerySet)

    class Meta:
        """A recipient is told once of one thing; who told them, when and how go together."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "export", "about"), name="notice_once"),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True, told_by="", how="")
                | Q(told_at__isnull=False) & ~Q(told_by="") & ~Q(how=""),
                name="notice_told_whole",
            ),
        )
        indexes = (models.Index(fields=("organization", "about"), name="notice_by_subject"),)

    def __str__(self) -> str:
        return f"{self.about} to {self.export_id}"
