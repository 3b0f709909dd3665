"""Keys of programs, and where they are used from."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.tenancy.kinds import PlatformModel
from portal.tenancy.models.organizations import Organization
from portal.tenancy.models.people import User


class KeyKind(models.TextChoices):
    """What a key is for: two kinds that share no permission."""

    PROGRAM = "program", "A program: both interfaces"
    ACCURACY = "accuracy", "Independent tests of accuracy, and nothing else"


class ApiKey(PlatformModel):
    """A program's key, bound to one purpose and one end user.

    `secret_hash` is SHA-256 of the bearer secret (256 random bits, so a slow hash adds nothing);
    `signing_secret` is sealed under the organization's data key, since SigV4 needs it in the clear.
    """

    PREFIX = "key"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=KeyKind.choices, default=KeyKind.PROGRAM)
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
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="successor",
        null=True,
        blank=True,
        help_text="The key that was rotated; it ends by itself after the overlap.",
    )

    class Meta:
        """Of a known kind."""

        constraints = (models.CheckConstraint(condition=Q(kind__in=KeyKind.values), name="key_kind_known"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class KeyNetwork(PlatformModel):
    """A network that a key was used from, known by a keyed hash alone; forgotten after 30 days."""

    PREFIX = "net"

    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+")
    network = models.CharField(max_length=32)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        """One row a key and network."""

        constraints = (models.UniqueConstraint(fields=("key", "network"), name="key_network_once"),)

    def __str__(self) -> str:
        return f"{self.network} of {self.key_id}"
