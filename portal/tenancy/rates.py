"""How many calls of one kind a key makes in a minute, counted in Redis.

The limits keep one program from crowding out the others. They guard no secret and no face, so while Redis
is away calls go on uncounted and the log says so.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from redis.exceptions import RedisError

from portal.common import memory

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
KEPT_SECONDS = 2 * WINDOW_SECONDS
# A count without an end would be there for ever: both happen in one step or neither does.
COUNT_UP = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
"""


@dataclass(frozen=True)
class Rate:
    """What is left to a key in this minute."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """The answer's headers, named as in the IETF draft on RateLimit fields."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.reset_seconds),
        }

    @property
    def is_exceeded(self) -> bool:
        """Tell whether this call is one too many."""
        return self.used > self.limit


@dataclass(frozen=True)
class Counter:
    """Where calls of one kind are counted in this minute.

    Attributes:
        name: Of the count; give it to `COUNT_UP` with `KEPT_SECONDS`.
        limit: Calls a minute.
        reset_seconds: Until the minute ends.
    """

    name: str
    limit: int
    reset_seconds: int

    def rate(self, used: int) -> Rate:
        """Return what is left where so many calls were counted."""
        return Rate(self.limit, used, self.reset_seconds)


def counter(key_id: str, kind: str) -> Counter:
    """Return where the calls of a key are counted now.

    Args:
        key_id: Of the key; both program interfaces count under it.
        kind: `read`, `write` or `upload`: they are counted apart.
    """
    now = int(time.time())
    name = f"rate:{key_id}:{kind}:{now // WINDOW_SECONDS}"
    return Counter(name, settings.REST_CALLS_PER_MINUTE[kind], WINDOW_SECONDS - now % WINDOW_SECONDS)


def count(key_id: str, kind: str) -> Rate | None:
    """Count one call of a key; None while the counter is away. For the arguments see `counter`."""
    own = counter(key_id, kind)
    try:
        return own.rate(memory.run(f"{COUNT_UP}return used", [own.name], [KEPT_SECONDS]))
    except RedisError:
        warn_of_no_count()
        return None


def warn_of_no_count() -> None:
    """Say in the log that calls go on uncounted."""
    logger.warning("Calls are not counted: the counter does not answer.")
