"""How a worker looks for a broker that is away."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery.worker import consumer

LONGEST_WAIT = 3.0  # seconds between two tries; Celery's own grows to 30, and work would stand still as long


class Consumer(consumer.Consumer):
    """Celery's, but for how long it waits between two tries to reach the broker."""

    def ensure_connected(self, conn: Any) -> Any:
        """Return the connection when the broker answers."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=1.0, interval_step=1.0, interval_max=LONGEST_WAIT
        )
        return super().ensure_connected(conn)
