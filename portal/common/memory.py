"""What all processes remember together for a while, in Redis.

A step there takes as long as a statement of the database, so what a request needs is asked for in one: a few
lines of Lua that Redis runs whole, whatever others do meanwhile. Nothing here is kept for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache as once_a_process
from typing import Any, cast

import redis
from django.conf import settings
from django.core.cache import cache
from redis.commands.core import Script

_CONNECT_SECONDS = 2.0
_SLOW_SECONDS = 5.0


def run(lines: str, names: Sequence[str], values: Sequence[int]) -> Any:
    """Run lines of Lua as one step, and return what they return.

    Args:
        lines: A constant: they are sent once and then known by their digest.
        names: What they call `KEYS`, without the prefix that everything of this portal has.
        values: What they call `ARGV`, as text.

    Raises:
        RedisError: The memory is away.
    """
    return _script(lines, _address())(keys=[cache.make_key(name) for name in names], args=list(values))


def is_first(name: str, seconds: int) -> bool:
    """Remember a name for a while; tells whether nobody did so already.

    Raises:
        RedisError: The memory is away.
    """
    return bool(_client(_address()).set(cache.make_key(name), 1, nx=True, ex=seconds))


def _address() -> str:
    return cast(str, settings.CACHES["default"]["LOCATION"])


@once_a_process
def _script(lines: str, address: str) -> Script:
    return _client(address).register_script(lines)


@once_a_process
def _client(address: str) -> redis.Redis:
    """Return a client that stays: to make one takes longer than a step does."""
    return redis.Redis.from_url(
        address, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=_SLOW_SECONDS
    )
