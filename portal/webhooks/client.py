"""All that others know of the workers that deliver: the name of their task, and how to wake one."""

from __future__ import annotations

from celery import current_app
from kombu.exceptions import OperationalError

DELIVER = "webhooks.deliver"


def wake() -> None:
    """Wake a worker up. A lost message costs two seconds: the clock wakes one from then on."""
    try:
        current_app.signature(DELIVER).apply_async(expires=30, retry=False)
    except OperationalError:  # the broker is away: what is due stands in the database and waits
        return
