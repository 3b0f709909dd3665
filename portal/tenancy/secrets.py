"""Data keys of organizations, open for the length of a call."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings

from portal.common import envelope
from portal.tenancy.models import Organization


def new_wrapped_key() -> bytes:
    """Return a fresh data key, wrapped under the platform's key-encryption key."""
    return envelope.new_data_key(envelope.key_from_text(settings.KEY_ENCRYPTION_KEY))


def data_key(organization: Organization | UUID) -> envelope.DataKey:
    """Open an organization's data key."""
    if isinstance(organization, UUID):
        wrapped = Organization.objects.values_list("data_key", flat=True).get(pk=organization)
    else:
        wrapped = organization.data_key
    return envelope.unwrap(envelope.key_from_text(settings.KEY_ENCRYPTION_KEY), bytes(wrapped))


def platform_key(use: str) -> bytes:
    """Return a key of the platform for one use, derived from the key-encryption key.

    Args:
        use: What it is for; two uses have nothing in common.
    """
    key = envelope.key_from_text(settings.KEY_ENCRYPTION_KEY)
    return hmac.new(key, b"countenance:" + use.encode(), hashlib.sha256).digest()
