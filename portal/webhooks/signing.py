"""Signatures after the Standard Webhooks specification 1.0.0: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> bytes:
    """Return the random bytes of a new secret."""
    return secrets.token_bytes(BYTES)


def shown(secret: bytes) -> str:
    """Return a secret as receivers configure it."""
    return PREFIX + base64.b64encode(secret).decode()


def signature(keys: Sequence[bytes], *, message_id: str, seconds: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature for each key, the newest first.

    Args:
        keys: Secrets in force; two while one takes the other's place.
        message_id: Value of `webhook-id`; holds no dot.
        seconds: Value of `webhook-timestamp`, of this attempt, since 1970.
        body: Bytes as they are sent.
    """
    content = f"{message_id}.{seconds}.".encode() + body
    return " ".join(f"v1,{_digest(key, content)}" for key in keys)


def _digest(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
