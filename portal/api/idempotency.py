"""`Idempotency-Key` on every POST: the same call twice is done once and answered twice.

The first call takes the name in a transaction of its own, before anything is done. Whoever comes second
finds it: with the same address and body they get the kept answer, or are told that the first is still in
flight.

A process can die between its work and its answer. So each transaction that writes an event also notes,
in the same transaction, what it wrote about (`note`). A name whose process died can be used again only where
nothing was made under it; else whoever asks is told what was made (`idempotency_unknown`), and nothing is
done a second time. A call that was given up for lost but still runs writes nothing any more: its note
fails, and its transaction with it.

Where the database goes away under a call, this process remembers how it ended until the database can be
written again: whoever sends it again need not wait until it is taken for lost.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import Error, close_old_connections
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import errors
from portal.api.authentication import caller_of
from portal.api.models import KeptCall
from portal.common import outages
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Unavailable
from portal.tenancy.scope import beside, current, tenant_scope

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT = timedelta(hours=24)
# A call that has no answer after this is taken for lost with its process.
IN_FLIGHT = timedelta(minutes=15)
MOST_NAMED = 20  # things that a call made; where there are more, these stand for them
_LONGEST = 255
_FIRST_ERROR_OF_OURS = 500
_UNAVAILABLE = 503
_FIRST_ERROR = 400
_UNKNOWN = (
    "This call was cut off before it was answered. What it made stands in `made`: look there, and use a new "
    "Idempotency-Key for what is missing."
)


# Calls that ended while the database was away, with what was answered: at most one a thread.
_unwritten: deque[tuple[KeptCall, int, Any]] = deque()


class Replay(Exception):
    """Not an error: this call was answered before, and here is the answer."""

    def __init__(self, kept: KeptCall) -> None:
        super().__init__(kept.name)
        self.kept = kept

    def response(self) -> HttpResponse:
        """Return the answer as it was given."""
        status = self.kept.status or 0
        kind = errors.CONTENT_TYPE if status >= _FIRST_ERROR else JSONRenderer.media_type
        return HttpResponse(self.kept.answer, status=status, content_type=kind, headers={REPLAYED: "true"})


def begin(request: Request) -> KeptCall | None:
    """Take the call's name, or end here because it was taken before; None where the call carries none.

    Raises:
        Replay: The call was answered before.
        InvalidInput: `idempotency_key`, `idempotency_mismatch`.
        Conflict: `idempotency_in_flight`; `idempotency_unknown`, with what was made.
        Unavailable: `database_away`.
    """
    name = request.headers.get(HEADER)
    if name is None:
        return None
    if not 1 <= len(name) <= _LONGEST or not name.isascii() or not name.isprintable():
        sentence = f"An Idempotency-Key has 1 to {_LONGEST} printable ASCII characters."
        raise InvalidInput("idempotency_key", sentence)
    _write_what_ended()
    caller, body = caller_of(request), fingerprint(request)
    with tenant_scope(caller.organization):
        return _take(caller.organization.pk, caller.key.pk, name, body)


def note(kept: KeptCall, target: str) -> None:
    """Note on a call what it made, in the transaction that makes it.

    Args:
        kept: From `begin`.
        target: Public id of what an event was written about.

    Raises:
        Conflict: `idempotency_in_flight`, the name was given to another call: this one writes nothing more.
    """
    scope = current()
    if scope is None or scope.organization_id is not None:  # the office writes beside the tenant's write
        with beside(kept.organization_id):
            _note(kept, target)


def finish(kept: KeptCall, response: Response, *, secrets: Iterable[str] = ()) -> None:
    """Keep the answer of a call that was begun, without its secrets.

    After an error of ours the name is free again where nothing was made, or where the answer says that nobody
    was there to do the work (503). Where the database went away nobody knows yet whether anything was made.

    Args:
        kept: From `begin`.
        response: What is answered.
        secrets: Top-level names of the answer that are shown once and never again.
    """
    answer = response.data
    if isinstance(answer, dict):
        answer = {name: value for name, value in answer.items() if name not in set(secrets)}
    _unwritten.append((kept, response.status_code, answer))
    close_old_connections()  # one that broke under the call; the database may be back
    with suppress(Unavailable):
        _write_what_ended()


def _write_what_ended() -> None:
    """Write how calls of this process ended.

    Raises:
        Unavailable: `database_away`; what could not be written is kept for the next call.
    """
    while ended := _next_unwritten():
        try:
            _write(*ended)
        except Error as error:
            if away := outages.of(error):
                _unwritten.appendleft(ended)
                raise away from error
            raise


def _next_unwritten() -> tuple[KeptCall, int, Any] | None:
    try:
        return _unwritten.popleft()
    except IndexError:  # none is left, or another thread of this process took the last one
        return None


def _write(kept: KeptCall, status: int, answer: Any) -> None:
    is_known = not (isinstance(answer, dict) and answer.get("code") == outages.DATABASE)
    with tenant_scope(kept.organization_id):
        own = _own(kept)
        if status < _FIRST_ERROR_OF_OURS:
            own.update(status=status, answer=JSONRenderer().render(answer).decode())
        elif status == _UNAVAILABLE and is_known:
            own.delete()
        else:
            own.filter(made=[]).delete()
            own.update(started_at=kept.started_at - IN_FLIGHT)  # what was made is told at once


def forget(now: Any) -> None:
    """Forget answers that were kept long enough, inside the scope in force; never waits for another call."""
    old = KeptCall.objects.filter(expires_at__lte=now).select_for_update(skip_locked=True)
    KeptCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()


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


def _take(organization_id: UUID, key_id: UUID, name: str, body: str) -> KeptCall:
    now = database_now()
    forget(now)
    fresh = {"fingerprint": body, "started_at": now, "expires_at": now + KEPT}
    kept, is_new = KeptCall.objects.get_or_create(
        organization_id=organization_id, key_id=key_id, name=name, defaults=fresh
    )
    if is_new:
        return kept
    if now < kept.expires_at:
        _end_unless_lost(kept, body, now)
    fresh |= {"status": None, "answer": "", "made": []}
    if not _own(kept).filter(Q(status=None, made=[]) | Q(expires_at__lte=now)).update(**fresh):
        raise _in_flight()  # another call was faster
    kept.started_at = now
    return kept


def _end_unless_lost(kept: KeptCall, body: str, now: Any) -> None:
    """Go on only where the first call is lost and nothing was made of it."""
    if kept.fingerprint != body:
        sentence = "This Idempotency-Key was used for another call. Use a new one for each call."
        raise InvalidInput("idempotency_mismatch", sentence)
    if kept.status is not None:
        raise Replay(kept)
    if now < kept.started_at + IN_FLIGHT:
        raise _in_flight()
    if kept.made:
        raise Conflict("idempotency_unknown", _UNKNOWN, made=kept.made)


def _note(kept: KeptCall, target: str) -> None:
    """Note a thing; the row stays locked until the transaction ends: nobody is given the name meanwhile."""
    locked = _own(kept).filter(status=None).select_for_update(no_key=True)
    made = locked.values_list("made", flat=True).first()
    if made is None:
        raise _in_flight()
    if target not in made and len(made) < MOST_NAMED:
        _own(kept).update(made=[*made, target])


def _own(kept: KeptCall) -> Any:
    """Return the call as long as its name was not given to another, which begins at a moment of its own."""
    return KeptCall.objects.filter(pk=kept.pk, started_at=kept.started_at)


def _in_flight() -> Conflict:
    sentence = "The first call with this Idempotency-Key is not finished. Ask again in a moment."
    return Conflict("idempotency_in_flight", sentence)


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
