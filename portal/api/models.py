"""Answers kept for programs that send a call twice."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from portal.tenancy.kinds import TenantModel


class KeptCall(TenantModel):
    """One call with an `Idempotency-Key`: in flight while it has no status, then its answer, for a day."""

    PREFIX = "idm"

    key_id = models.UUIDField(help_text="API key that called.")
    name = models.CharField(max_length=255, help_text="The Idempotency-Key as sent.")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of address and body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status; empty while in flight.")
    answer = models.TextField(blank=True, help_text="JSON as it was sent, without secrets.")
    made = models.JSONField(default=list, help_text="Ids of what the call wrote about, written with it.")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        """A name is used once a key."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "key_id", "name"), name="kept_call_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__gte=200, status__lt=500),
                name="kept_call_status_final",
            ),
        )
        indexes = (models.Index(fields=("organization", "expires_at"), name="kept_call_expiry"),)

    def __str__(self) -> str:
        return self.name
