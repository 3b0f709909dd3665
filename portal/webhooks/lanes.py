"""A worker at work: several lanes side by side, so that whoever answers slowly holds up nobody else."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.db import connection

from portal.webhooks import sending, turns
from portal.webhooks.following import follow
from portal.webhooks.targets import Lookup
from portal.webhooks.turns import Held

LANES = 16
# Of so many lanes one in two is kept from endpoints whose last attempt failed: those that hang take their
# fifteen seconds side by side, and whoever answers never waits behind them.
KEPT_FREE = 2
SECONDS = 240.0  # after it no turn is taken; the last attempts end within another twenty
LOOK_AGAIN_SECONDS = 0.5
logger = logging.getLogger(__name__)


def run(*, lanes: int = LANES, seconds: float = SECONDS, lookup: Lookup | None = None) -> int:
    """Follow the trail and send what is due, until nothing is; returns how many attempts were made.

    May run at any time, any number of times at once. While a slow receiver occupies a lane the others go on,
    and what happens meanwhile is followed.

    Args:
        lanes: Requests at once, never two to one endpoint, and half of them to such as failed last time.
        seconds: No turn is taken after so long.
        lookup: Resolver; the system's unless given.
    """
    until, made = time.monotonic() + seconds, 0
    busy: dict[Future[int], bool] = {}
    with ThreadPoolExecutor(lanes, "webhooks") as pool:
        while True:
            follow()
            while len(busy) < lanes and time.monotonic() < until and (held := _take(busy, lanes)):
                busy[pool.submit(_serve, held, lookup)] = held.failing
            if not busy:
                return made
            done, still = wait(busy, LOOK_AGAIN_SECONDS, FIRST_COMPLETED)
            made += sum(future.result() for future in done)
            busy = {future: busy[future] for future in still}


def _take(busy: Mapping[Future[int], bool], lanes: int) -> Held | None:
    return turns.take(failing=sum(busy.values()) < max(1, lanes // KEPT_FREE))


def _serve(held: Held, lookup: Lookup | None) -> int:
    """Serve one endpoint; what is wrong with it must not keep all others waiting."""
    try:
        return sending.send(held, lookup=lookup)
    except Exception:  # its lease ends by itself, and it is tried again
        logger.exception("A delivery broke", extra={"endpoint": str(held.endpoint_id)})
        return 0
    finally:
        connection.close()  # of this thread
