"""How many calls of one kind a key makes in a minute, counted in Redis.

The limits keep one program from crowding out the others. They guard no secret and no face, so while Redis
is away calls go on uncounted and the log says so.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60


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


def count(key_id: str, kind: str) -> Rate | None:
    """Count one call of a key; None while the counter is away.

    Args:
        key_id: Of the key; both program interfaces count under it.
        kind: `read`, `write` or `upload`: they are counted apart.
    """
    now = int(time.time())
    name = f"rate:{key_id}:{kind}:{now // WINDOW_SECONDS}"
    try:
        used = _counted(name)
    except RedisError:
        logger.warning("Calls are not counted: the counter does not answer.")
        return None
    return Rate(settings.REST_CALLS_PER_MINUTE[kind], used, WINDOW_SECONDS - now % WINDOW_SECONDS)


def _counted(name: str) -> int:
    """Count up, most often in one step: only the first call of a minute finds nothing to count up from."""
    try:
        return cache.incr(name)
    except ValueError:
        cache.add(name, 0, 2 * WINDOW_SECONDS)
        return cache.incr(name)
