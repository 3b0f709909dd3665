"""Calls of the Rekognition interface that carry a token, so that sending one twice does it once."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from portal.tenancy.kinds import TenantModel
from recognition.models.fields import owned


class RequestToken(TenantModel):
    """One such call and its answer, for a day; written with what it did, or not at all."""

    PREFIX = "rqt"

    gallery = owned("recognition.Gallery")
    key_id = models.UUIDField(help_text="API key that called.")
    token = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of operation and input.")
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """A token is used once a key."""

        constraints = (
            models.UniqueConstraint(fields=("organization", "key_id", "token"), name="request_token_once"),
        )
        indexes = (models.Index(fields=("organization", "created_at"), name="request_token_age"),)

    def __str__(self) -> str:
        return self.public_id
