"""Services that are away, told as such at every door: nobody is to blame, and it may be sent again.

A database that restarts fails whatever is under way, and all that comes until it is back. That is no fault of
ours to be looked up under a reference, and none of the caller's. What else a database says, a deadlock for
one, stays an error of ours.
"""

from __future__ import annotations

import logging
from typing import Final

from django.db import InterfaceError, OperationalError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisSilent

from portal.common.errors import Unavailable

DATABASE, REDIS = "database_away", "redis_away"
RETRY_SECONDS: Final = 5  # a restart takes about as long
# Of SQLSTATE: connections, what is used up (disk, memory, connections), shutdown and start. None: no answer.
_AWAY = ("08", "53", "57P")
_REDIS = (RedisAway, RedisSilent, ReadOnlyError, OutOfMemoryError)
_SENTENCES = {
    DATABASE: "The database cannot be reached at the moment. If this was to change something, it may have "
    "been changed just before: look, or send it again under the same Idempotency-Key.",
    REDIS: "What counts attempts cannot be reached at the moment, and nothing that is counted goes on.",
}
logger = logging.getLogger(__name__)


def of(error: BaseException) -> Unavailable | None:
    """Return what to tell of an error that a service which is away has caused; None for any other error."""
    code = DATABASE if is_of_database(error) else REDIS if isinstance(error, _REDIS) else ""
    if not code:
        return None
    logger.warning("%s: %s", code, type(error.__cause__ or error).__name__)
    return Unavailable(code, _SENTENCES[code], retry_seconds=RETRY_SECONDS)


def is_of_database(error: BaseException) -> bool:
    """Tell whether the database went away: nobody knows then whether a transaction that ended so was kept."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_AWAY)
