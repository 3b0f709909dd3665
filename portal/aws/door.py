"""The way in: who calls, proven by a signature. Everything here comes before an operation is looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from portal.aws import bodies, notes, replays, sigv4
from portal.aws.bodies import Body
from portal.aws.sigv4 import Claim, Rejected
from portal.common.addresses import client_address, network_hash
from portal.common.errors import Refused
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey
from portal.tenancy.rates import Rate

SERVICE = "rekognition"
_NOBODYS_KEY = os.urandom(32)


@dataclass(frozen=True)
class Call:
    """A call that was let on.

    Attributes:
        key: Whose signature it carries; in force, its use noted.
        by: The actor of domain calls.
        region: That the caller signed for; names in answers (ARNs) carry it.
        target: `X-Amz-Target` as it was sent.
        body: Parse it inside `body.room()`.
    """

    key: ApiKey
    by: Actor
    region: str
    target: str
    body: Body


@contextmanager
def opened(request: HttpRequest, counted: Callable[[Rate], None]) -> Iterator[Call]:
    """Let a signed call on, for as long as the block lasts.

    Args:
        request: As it came.
        counted: Told what is left to the key in this minute, once the call is counted; also where it is one
            too many.

    Raises:
        Rejected: With the name of the error to answer with, status 400: whatever `sigv4` and `bodies` raise;
            `UnrecognizedClientException` for a key that is revoked or expired;
            `ProvisionedThroughputExceededException`, too many calls a minute; and what `replays` raises.
    """
    headers, query = _headers(request.META), request.META.get("QUERY_STRING", "")
    bodies.refuse_longer(headers)
    claim = sigv4.read(
        headers, query, now=datetime.now(UTC), service=SERVICE, regions=settings.REKOGNITION_REGIONS
    )
    with bodies.received(request) as body:
        sent = sigv4.Request(request.method or "", _path(request.META), query, headers, body.hash)
        key = _signer(sent, claim)
        _let_on(key, headers["x-amz-target"], claim, request, counted)
        yield Call(key, Actor.for_key(key), claim.region, headers["x-amz-target"], body)


def _headers(meta: dict[str, Any]) -> dict[str, str]:
    """Return the headers as they were sent; two of them WSGI names as if they were none."""
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in meta.items() if name[:5] == "HTTP_"
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if value := meta.get(name):
            headers[name.replace("_", "-").lower()] = str(value)
    return headers


def _path(meta: dict[str, Any]) -> str:
    """Return the path as it was sent; servers other than ours hand on the decoded one alone."""
    if raw := meta.get("RAW_URI"):
        return str(raw).partition("?")[0]
    decoded = f"{meta.get('SCRIPT_NAME', '')}{meta['PATH_INFO']}"
    return quote(decoded.encode("latin-1"), safe="/-_.~")


def _signer(sent: sigv4.Request, claim: Claim) -> ApiKey:
    """Return the key that signed. Nobody learns from the answer whether a key's id is known."""
    key = keys.that_signs(claim.access_key_id)
    if key is None:
        sigv4.signature(sent, claim, _NOBODYS_KEY)
        raise Rejected("InvalidSignatureException", sigv4.SIGNATURE_DIFFERS)
    sigv4.check(sent, claim, _signing_key(_Stored.of(key), claim.day, claim.region))
    return key


@dataclass(frozen=True)
class _Stored:
    """What a signing key is made of, and known again by: another secret makes another one."""

    key_id: UUID
    sealed: bytes

    @classmethod
    def of(cls, key: ApiKey) -> _Stored:
        return cls(key.pk, bytes(key.signing_secret))


@lru_cache(maxsize=1024)
def _signing_key(stored: _Stored, day: str, region: str) -> bytes:
    """Return the signing key of one key, day and region: the data key is opened once a day for it.

    What is kept signs for a day and opens nothing else. Whether the key is in force is asked at every call.
    """
    key = ApiKey.objects.get(pk=stored.key_id)
    secret = keys.signing_secret(key, stored.sealed)
    return sigv4.signing_key(secret, day=day, region=region, service=SERVICE)


def _let_on(
    key: ApiKey, target: str, claim: Claim, request: HttpRequest, counted: Callable[[Rate], None]
) -> None:
    try:
        keys.note_use(key)
    except Refused as error:
        raise Rejected("UnrecognizedClientException", error.sentence) from error
    operation = target.rpartition(".")[2]
    network = network_hash(client_address(request.META))
    noted = notes.note(key, network, _counts_as(operation), claim)
    if network and noted.network_is_new:
        keys.keep_network(key, network)
    if noted.rate is not None:
        counted(noted.rate)
        _refuse_too_many(noted.rate)
    replays.refuse(noted.age, operation)


def _counts_as(operation: str) -> str:
    """Return what a call counts as; photos that come to stay are counted with those that come over REST."""
    return "upload" if operation == "IndexFaces" else "read" if replays.is_read(operation) else "write"


def _refuse_too_many(rate: Rate) -> None:
    if rate.is_exceeded:
        raise Rejected(
            "ProvisionedThroughputExceededException",
            f"The number of requests exceeded your throughput limit of {rate.limit} a minute. Try again in "
            f"{rate.reset_seconds} seconds.",
        )
