"""What is due by the clock, every minute: the office's steps and those of jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable

from compliance.sweeps import SWEEPS as OFFICE
from portal.webhooks import keeping
from recognition import upkeep
from recognition.actions import accuracy, call_watch, found, record_retention, retention, watch

SWEEPS: tuple[Callable[[], int], ...] = (
    watch.watch,
    call_watch.watch,
    *OFFICE,
    retention.sweep,
    found.sweep,
    record_retention.sweep,
    keeping.sweep,
    accuracy.sweep,
    upkeep.sweep,
)
logger = logging.getLogger(__name__)


def sweep() -> int:
    """Take every step that is due, and return how many rows they changed.

    A step that breaks is logged and keeps no other from its turn: it is taken again a minute later.
    """
    return sum(_alone(step) for step in SWEEPS)


def _alone(step: Callable[[], int]) -> int:
    name = f"{step.__module__}.{step.__name__}"
    try:
        changed = step()
    except Exception:
        logger.exception("A sweep broke", extra={"step": name})
        return 0
    if changed:
        logger.info("A sweep changed %d rows", changed, extra={"step": name})
    return changed
