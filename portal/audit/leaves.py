"""What the published log says of an event: some in the open, the rest as commitments that its owner can open.

A commitment is SHA-256(key || value). Each event has a salt of 32 random bytes, and the key of a field is
HMAC-SHA256(salt, name of the field): whoever has the salt opens every field, a key opens one. Organization,
actor and target are ids, which could be guessed and tried; without the key a guess cannot be tried.
"""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import rfc8785

from portal.audit.models import Event, Leaf
from portal.audit.verbs import VERBS

VERSION: Final = 1
SALT_BYTES: Final = 32
COMMITTED: Final = ("organization", "actor", "target", "payload")


def new_salt() -> bytes:
    """Return the salt of one event."""
    return secrets.token_bytes(SALT_BYTES)


def body(event: Event, salt: bytes) -> bytes:
    """Return the leaf of an event: canonical JSON (RFC 8785), the same for the same event and salt."""
    known = VERBS.get(event.verb)
    is_named = known is None or not known.withheld
    shown = known.shown if known else frozenset()
    names = COMMITTED if is_named else (*COMMITTED, "verb")
    return rfc8785.dumps(
        {
            "version": VERSION,
            "event": str(event.pk),
            "at": moment(event.at),
            **({"verb": event.verb} if is_named else {}),
            "open": {name: value for name, value in event.payload.items() if name in shown},
            "commitments": {name: commitment(event, name, salt) for name in names},
        }
    )


def commitment(event: Event, name: str, salt: bytes) -> str:
    """Return the commitment to one field of an event, in hexadecimal."""
    return sha256(key_of(name, salt) + value_of(event, name)).hexdigest()


def committed(leaf: Leaf) -> list[str]:
    """Return the names of the fields that a leaf commits to."""
    return list(json.loads(bytes(leaf.body))["commitments"])


def key_of(name: str, salt: bytes) -> bytes:
    """Return the key that opens one field."""
    return hmac.digest(salt, name.encode(), "sha256")


def value_of(event: Event, name: str) -> bytes:
    """Return a field of an event as it is committed to."""
    value: Any = getattr(event, name)
    return rfc8785.dumps(value) if name == "payload" else str(value).encode()


def moment(at: datetime) -> str:
    """Return a moment as leaves write it: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
