"""Long work on what is stored, a short step at a time: re-keying, re-sealing, destroying what serves nothing.

The rows tell what is left to do, so no step needs to be remembered: a worker that dies loses one transaction,
and the sweep wakes another within a minute. Steps of all organizations take turns.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

from recognition import client
from recognition.actions import leftovers, rekeys, rotations

SECONDS = 2.0  # of one message: the reconciler waits behind it in the light worker
_Step: TypeAlias = Callable[[UUID], bool]
# With each step, the organizations that have something for it.
STEPS: tuple[tuple[_Step, Callable[[], list[UUID]]], ...] = (
    (rekeys.step, rekeys.organizations),
    (rotations.step, rotations.organizations),
    (leftovers.step, leftovers.organizations),
)
logger = logging.getLogger(__name__)


def run(seconds: float = SECONDS) -> bool:
    """Take steps for about so long; returns whether work is left. May run any number of times at once."""
    until = time.monotonic() + seconds
    left = [(step, key) for step, organizations in STEPS for key in organizations()]
    while left:
        left = [(step, key) for step, key in left if _alone(step, key)]
        if time.monotonic() >= until:
            break
    return bool(left)


def sweep() -> int:
    """Wake a light worker: whatever message was lost, work goes on within a minute."""
    client.wake_upkeep()
    return 0


def _alone(step: _Step, organization_id: UUID) -> bool:
    """Take one step; what is wrong with one organization's rows must not keep all others waiting."""
    try:
        return step(organization_id)
    except Exception:
        logger.exception("A step of upkeep broke", extra={"step": step.__module__})
        return False
