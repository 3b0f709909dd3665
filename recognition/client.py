"""All that the web half knows of workers: the names of their tasks, how to wake them, whether one lives."""

from __future__ import annotations

from datetime import timedelta

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from portal.common import planned
from portal.common.envelope import DataKey
from portal.common.errors import Unavailable
from recognition import line, parcels
from recognition.parcels import Answer, Ask

WORK = "recognition.work"
RECONCILE = "recognition.reconcile"
SWEEP = "recognition.sweep"
SEQUENCE = "recognition.sequence"
SIMULATE = "recognition.simulate"
UPKEEP = "recognition.upkeep"
WAKE_AT_MOST = 8  # messages for one job: more workers than that are woken by each other
LIVE_WITHIN = timedelta(seconds=10)
NO_WORKER, NO_ANSWER, NO_BROKER, BUSY = "no_worker", "no_answer", "no_broker", "busy"
_LIVE = """
SELECT pipeline FROM recognition_heartbeat WHERE beat_at >= statement_timestamp() - %s AND pipeline <> ''
"""
_BUSY_SECONDS = 1  # in which a line of an organization's own moves on by several calls
_NOTHING_DONE = "No face was searched and nothing was kept. Send the call again."
_SENTENCES = {
    NO_WORKER: f"No engine is running at the moment. {_NOTHING_DONE}",
    NO_ANSWER: f"The engine did not answer in time. {_NOTHING_DONE}",
    NO_BROKER: f"The engine cannot be reached at the moment. {_NOTHING_DONE}",
    BUSY: f"Too many calls of your organization wait for the engine already. {_NOTHING_DONE}",
}


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
    return {pipeline for (pipeline,) in planned.rows(_LIVE, [LIVE_WITHIN])}


def call(ask: Ask, photos: list[bytes], key: DataKey, *, weight: int = 1) -> Answer:
    """Have a worker look at photos, and wait for what it finds, for `CALL_SECONDS` at most.

    Outside any scope: no transaction is open meanwhile.

    Args:
        ask: What for.
        photos: One, or two to compare; checked by `recognition.images`. Taken out of the list, so that
            they are not held in memory while the call waits.
        key: The organization's data key.
        weight: Of the organization, among those whose calls wait.

    Raises:
        Unavailable: `no_worker`, `no_answer`, `no_broker` or `busy`. Nothing was done then.
    """
    if not engine_is_live():
        raise unavailable(NO_WORKER)
    packed = None
    try:
        packed = _exchanged(ask, _sealed(ask, photos, key), weight)
    except RedisError:
        raise unavailable(NO_BROKER) from None
    finally:
        if packed is None:  # of a call that was answered nothing is left: each side took what the other laid
            line.leave(ask.call, organization=ask.organization)
    if not packed:
        raise unavailable(NO_ANSWER)
    return parcels.unpack_answer(packed, ask.call, key)


def _exchanged(ask: Ask, packed: bytes, weight: int) -> bytes | None:
    """Return the sealed answer to a sealed order; nothing where no worker gave one."""
    if not line.ask(ask.call, packed, organization=ask.organization, weight=weight):
        raise unavailable(BUSY)
    del packed  # photos are not held in memory while the call waits
    return line.wait_for_answer(ask.call, settings.CALL_SECONDS)


def _sealed(ask: Ask, photos: list[bytes], key: DataKey) -> bytes:
    packed = parcels.pack(ask, photos, key)
    photos.clear()
    return packed


def unavailable(code: str) -> Unavailable:
    """Return the error of a call that no engine answered."""
    wait = settings.CALL_RETRY_SECONDS if code != BUSY else _BUSY_SECONDS
    return Unavailable(code, _SENTENCES[code], retry_seconds=wait)
