"""Calls that carry a token are done once: sent again they get the answer of the first time.

The token is written in the transaction that does what the call asks, so it stands for something that was
done, or it is not there. Whoever sends the same call meanwhile waits for that transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from portal.common.errors import InvalidInput
from recognition.models import Gallery, RequestToken

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class Sent:
    """A token as it was sent.

    Attributes:
        key_id: By which API key.
        token: Its text.
        fingerprint: SHA-256 of what it was sent with.
    """

    key_id: UUID
    token: str
    fingerprint: str

    @classmethod
    def with_input(cls, key_id: UUID, token: str, operation: str, values: Mapping[str, Any]) -> Sent:
        """Return a token as it was sent with the input of an operation."""
        told = json.dumps([operation, values], sort_keys=True)
        return cls(key_id, token, hashlib.sha256(told.encode()).hexdigest())


def take(gallery: Gallery, sent: Sent | None) -> RequestToken | None:
    """Take a token for what the caller is about to do; None where none was sent. In scope.

    Returns:
        The token's row. Its `answer` says something where the call was done before: nothing is to be done.

    Raises:
        InvalidInput: `token_differs`, it was sent with something else.
    """
    if sent is None:
        return None
    RequestToken.objects.filter(created_at__lte=Now() - KEPT).delete()
    row, _ = RequestToken.objects.get_or_create(
        organization_id=gallery.organization_id,
        key_id=sent.key_id,
        token=sent.token,
        defaults={"gallery": gallery, "fingerprint": sent.fingerprint},
    )
    if row.fingerprint != sent.fingerprint:
        sentence = "This ClientRequestToken was sent with other input before. Use a new one for each call."
        raise InvalidInput("token_differs", sentence, field="ClientRequestToken")
    found: RequestToken = row
    return found


def keep(row: RequestToken | None, answer: Mapping[str, Any]) -> None:
    """Keep the answer of a call whose token was taken. In the same scope."""
    if row is not None:
        RequestToken.objects.filter(pk=row.pk).update(answer={"answered": True, **answer})


def forget(gallery: Gallery) -> None:
    """Forget the tokens of a gallery that is being deleted. In scope."""
    RequestToken.objects.filter(gallery=gallery).delete()
