"""The line that synchronous calls wait in: Redis alone, for a minute at most. Neither side waits for ever.

`interactive` is a list of ids. An engine worker takes the first of it and then the photos, which are gone
from Redis in the same step: however many workers there are, a call is served once. The caller takes the
answer likewise.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import cast
from uuid import UUID

import redis
from django.conf import settings
from redis.exceptions import RedisError

KEPT_SECONDS = 60
_WAITING = "countenance:interactive"
_CONNECT_SECONDS = 2.0
_SLOW_SECONDS = 10.0  # beyond what a command waits by intention


def ask(call: UUID, packed: bytes) -> None:
    """Lay a call's order down and put the call in line.

    Raises:
        RedisError: Redis is away; then nothing waits.
    """
    steps = _redis().pipeline()
    steps.set(_photos_of(call), packed, ex=KEPT_SECONDS)
    steps.rpush(_WAITING, call.bytes)
    steps.execute()


def wait_for_answer(call: UUID, seconds: float) -> bytes | None:
    """Return the answer as soon as there is one; None where there was none in time.

    Raises:
        RedisError: Redis went away.
    """
    found = _redis().blpop([_answer_to(call)], timeout=max(seconds, 0.001))
    return cast(bytes, found[1]) if found else None


def leave(call: UUID) -> None:
    """Destroy what is left of a call: nobody looks at a photo that nobody waits for."""
    with suppress(RedisError):  # it ends by itself in a minute
        _redis().delete(_photos_of(call), _answer_to(call))


def next_call(seconds: float) -> UUID | None:
    """Return the call that has waited longest, for a worker; None where none came in time.

    Raises:
        RedisError: Redis is away.
    """
    found = _redis().blpop([_WAITING], timeout=seconds)
    return UUID(bytes=cast(bytes, found[1])) if found else None


def take(call: UUID) -> bytes | None:
    """Take a call's order, which then is nowhere else; None where it was taken or nobody waits any more."""
    return cast("bytes | None", _redis().getdel(_photos_of(call)))


def answer(call: UUID, packed: bytes) -> None:
    """Lay the answer down for whoever called."""
    steps = _redis().pipeline()
    steps.rpush(_answer_to(call), packed)
    steps.expire(_answer_to(call), KEPT_SECONDS)
    steps.execute()


def _photos_of(call: UUID) -> str:
    return f"countenance:call:{call}:photos"


def _answer_to(call: UUID) -> str:
    return f"countenance:call:{call}:answer"


def _redis() -> redis.Redis:
    return _client(settings.REDIS_URL, settings.CALL_SECONDS)


@cache
def _client(url: str, longest_wait: float) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=longest_wait + _SLOW_SECONDS
    )
