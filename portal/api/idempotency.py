"""`Idempotency-Key` on every POST: the same call twice is done once and answered twice.

The first call takes the name in a transaction of its own, before anything is done. Whoever comes second
finds it: with the same address and body they get the kept answer, or are told that the first is still in
flight. Errors of ours (5xx) are not kept, so that the call can be sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import errors
from portal.api.authentication import caller_of
from portal.api.models import KeptCall
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy.scope import tenant_scope

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
# A call that has no answer after this was lost with its process: the web server ends longer ones.
IN_FLIGHT = timedelta(minutes=15)
_LONGEST = 255
_FIRST_ERROR_OF_OURS = 500
_FIRST_ERROR = 400


class Replay(Exception):
    """Not an error: this call was answered before, and here is the answer."""

    def __init__(self, kept: KeptCall) -> None:
        super().__init__(kept.name)
        self.kept = kept

    def response(self) -> Response:
        """Return the answer as it was given."""
        status = self.kept.status or 0
        kind = errors.CONTENT_TYPE if status >= _FIRST_ERROR else None
        return Response(self.kept.answer, status=status, content_type=kind, headers={REPLAYED: "true"})


def begin(request: Request) -> KeptCall | None:
    """Take the call's name, or end here because it was taken before; None where the call carries none.

    Raises:
        Replay: The call was answered before.
        InvalidInput: `idempotency_key`, `idempotency_mismatch`.
        Conflict: `idempotency_in_flight`.
    """
    name = request.headers.get(HEADER)
    if name is None:
        return None
    if not 1 <= len(name) <= _LONGEST or not name.isascii() or not name.isprintable():
        sentence = f"An Idempotency-Key has 1 to {_LONGEST} printable ASCII characters."
        raise InvalidInput("idempotency_key", sentence)
    caller, body = caller_of(request), fingerprint(request)
    with tenant_scope(caller.organization):
        return _take(caller.organization.pk, caller.key.pk, name, body)


def finish(kept: KeptCall, response: Response, *, secrets: Iterable[str] = ()) -> None:
    """Keep the answer of a call that was begun, without its secrets; free the name after an error of ours.

    Args:
        kept: From `begin`.
        response: What is answered.
        secrets: Top-level names of the answer that are shown once and never again.
    """
    answer = response.data
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name not in set(secrets)}
    with tenant_scope(kept.organization_id):
        own = KeptCall.objects.filter(pk=kept.pk, started_at=kept.started_at)
        if response.status_code >= _FIRST_ERROR_OF_OURS:
            own.delete()
        else:
            own.update(status=response.status_code, answer=answer)


def fingerprint(request: Request) -> str:
    """Return a digest of method, address and body; files are read in pieces, boundaries left out."""
    digest = hashlib.sha256()
    _add(digest, (request.method or "").encode(), request.get_full_path().encode())
    if isinstance(request.data, QueryDict):
        for name, values in sorted(request.data.lists()):
            for value in values:
                _add(digest, name.encode(), _digest_of(value))
    else:
        _add(digest, json.dumps(request.data, sort_keys=True).encode())
    return digest.hexdigest()


def _take(organization_id: Any, key_id: Any, name: str, body: str) -> KeptCall:
    now = database_now()
    KeptCall.objects.filter(expires_at__lte=now).delete()
    values = {"fingerprint": body, "started_at": now, "expires_at": now + KEPT}
    kept, is_new = KeptCall.objects.get_or_create(
        organization_id=organization_id, key_id=key_id, name=name, defaults=values
    )
    if is_new:
        return kept
    found: KeptCall = KeptCall.objects.select_for_update().get(pk=kept.pk)
    if found.fingerprint != body:
        sentence = "This Idempotency-Key was used for another call. Use a new one for each call."
        raise InvalidInput("idempotency_mismatch", sentence)
    if found.status is not None:
        raise Replay(found)
    if now < found.started_at + IN_FLIGHT:
        sentence = "The first call with this Idempotency-Key is not finished. Ask again in a moment."
        raise Conflict("idempotency_in_flight", sentence)
    found.started_at, found.expires_at = now, now + KEPT
    found.save(update_fields=["started_at", "expires_at"])
    return found


def _add(digest: hashlib._Hash, *parts: bytes) -> None:
    """Add parts with their lengths, so that no two lists of parts run together to the same bytes."""
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)


def _digest_of(value: Any) -> bytes:
    if not isinstance(value, UploadedFile):
        return b"text:" + str(value).encode()
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return b"file:" + str(value.name).encode() + b":" + digest.digest()
