"""Taking many steps of which none may keep the others from their turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from portal.common.errors import Conflict

logger = logging.getLogger(__name__)


def alone(step: Callable[..., int], *about: Any) -> int:
    """Take a step about one thing, in transactions of its own; returns how much it changed.

    What somebody moved meanwhile is left to them. What breaks is logged and taken again at the next turn: one
    row that always raises must not stand before all that come after it.
    """
    try:
        return int(step(*about))
    except (Conflict, ObjectDoesNotExist):
        return 0
    except Exception:
        logger.exception("A step broke", extra={"step": repr(step)})
        return 0
