"""Limits a key, a minute: reading, writing and uploading are counted apart. Counted in Redis.

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
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from portal.api.authentication import caller_of

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


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


class KeyThrottle(BaseThrottle):
    """Counts a call, and notes the rate on the view for the answer's headers."""

    rate: Rate | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        kind = getattr(view, "counts_as", None) or ("read" if request.method in _SAFE else "write")
        self.rate = count(str(caller_of(request).actor.key_id), kind)
        view.rate = self.rate  # type: ignore[attr-defined]  # endpoints declare it
        return self.rate is None or self.rate.used <= self.rate.limit

    def wait(self) -> float | None:
        return self.rate.reset_seconds if self.rate else None


def count(key_id: str, kind: str) -> Rate | None:
    """Count one call of a key; None while the counter is away."""
    now = int(time.time())
    name = f"rate:{key_id}:{kind}:{now // WINDOW_SECONDS}"
    try:
        cache.add(name, 0, 2 * WINDOW_SECONDS)
        used = cache.incr(name)
    except RedisError:
        logger.warning("Calls are not counted: the counter does not answer.")
        return None
    return Rate(settings.REST_CALLS_PER_MINUTE[kind], used, WINDOW_SECONDS - now % WINDOW_SECONDS)
