"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

import random
from datetime import timedelta

# Waits after the first, second, … attempt: the schedule that the Standard Webhooks specification gives as its
# example. It ends three days and four hours after the first attempt.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_ATTEMPTS = len(WAITS) + 1
# An endpoint with a long queue gets to each delivery more seldom than its schedule says: age ends it as well.
GIVEN_UP_AFTER = timedelta(days=4)
JITTER = 0.15  # so much shorter or longer, so that what failed together does not come back together
LONGEST_REST = timedelta(minutes=1)
LONGEST_REST_ASKED_FOR = timedelta(hours=1)
MOST_ASKED_FOR = timedelta(hours=24)
# After so many failures in a row an endpoint was away: with its first success all that waits is sent at once.
AWAY_AFTER = 5
# An endpoint that nothing has reached for so long is switched off when its next delivery is given up.
SWITCHED_OFF_AFTER = timedelta(days=5)


def wait_after(attempts: int, *, asked_for: int = 0) -> timedelta | None:
    """Return how long to wait before the next attempt; None when there is none.

    Args:
        attempts: How many were made, from 1.
        asked_for: Seconds that the receiver asked for; heard up to a day.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, keeps no secret
    return max(WAITS[attempts - 1] * spread, min(timedelta(seconds=asked_for), MOST_ASKED_FOR))


def rest_after(failures: int, *, asked_for: int = 0) -> timedelta:
    """Return how long an endpoint is left alone after so many failures in a row, whatever waits for it.

    Args:
        failures: In a row, from 1.
        asked_for: Seconds that the receiver asked for; heard up to an hour: all that is queued waits for it.
    """
    own = min(timedelta(seconds=2 ** min(failures - 1, 10)), LONGEST_REST)
    return max(own, min(timedelta(seconds=asked_for), LONGEST_REST_ASKED_FOR))
