"""All that the web half knows of workers: the names of their tasks, how to wake them, whether one lives."""

from __future__ import annotations

from datetime import timedelta

from celery import current_app
from kombu.exceptions import OperationalError

from portal.common.clock import database_now
from recognition.models import Heartbeat

WORK = "recognition.work"
RECONCILE = "recognition.reconcile"
SWEEP = "recognition.sweep"
SEQUENCE = "recognition.sequence"
SIMULATE = "recognition.simulate"
UPKEEP = "recognition.upkeep"
WAKE_AT_MOST = 8  # messages for one job: more workers than that are woken by each other
LIVE_WITHIN = timedelta(seconds=10)


def wake(shards: int = 1) -> bool:
    """Wake workers up. A lost message costs seconds: the reconciler wakes them again from the ledger.

    Returns:
        Whether the broker took the messages.
    """
    return all(_send(WORK) for _ in range(min(shards, WAKE_AT_MOST)))


def wake_simulations() -> None:
    """Wake a light worker for the simulations asked for; the sweep runs them where the message is lost."""
    _send(SIMULATE)


def wake_upkeep() -> None:
    """Wake a light worker for long work on what is stored; the sweep wakes it where the message is lost."""
    _send(UPKEEP)


def _send(task: str) -> bool:
    try:
        current_app.signature(task).apply_async(expires=30, retry=False)
    except OperationalError:  # the broker is away: the work stands in the database and waits
        return False
    return True


def engine_is_live() -> bool:
    """Tell whether a worker with its model loaded has given a sign of life within ten seconds."""
    return bool(live_pipelines())


def live_pipelines() -> set[str]:
    """Return the pipelines of workers that have given a sign of life within ten seconds."""
    since = database_now() - LIVE_WITHIN
    rows = Heartbeat.objects.filter(beat_at__gte=since).exclude(pipeline="")
    return set(rows.values_list("pipeline", flat=True))
