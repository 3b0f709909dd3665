"""Celery's side of the workers: thin, ids only, imported by workers alone."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from celery import current_app, shared_task
from celery.signals import worker_process_init, worker_process_shutdown
from django.db import DatabaseError, InterfaceError, connection

from compliance.actions import simulations
from portal.audit import sequencer
from recognition import client, ledger, reconcile, sweeps, upkeep
from recognition.lanes import Lanes
from recognition.worker import Worker, bury_kin

logger = logging.getLogger(__name__)
ALONE_FOR: Final = 120.0  # seconds that a message's work goes on without a broker; its limit is 300
_worker: list[Worker] = []  # at most one: the engine of this process


@worker_process_init.connect
def _begin(**_: Any) -> None:
    """Load the model after the fork, in workers that take from the `gpu` queue.

    Those named `interactive` as well serve synchronous calls; nothing is ever sent to a queue of that name.
    """
    queues = current_app.amqp.queues.consume_from
    if "gpu" in queues:
        _take_over_from_kin()
        _worker.append(Worker())
        _worker[0].begin(serves_calls="interactive" in queues)


def _take_over_from_kin() -> None:
    """Bring the ledger in step before the model loads: this process may follow one that was killed."""
    try:
        bury_kin()
        reconcile.reconcile()
    except (DatabaseError, InterfaceError):  # it is away: a light worker does it when it is back
        logger.warning("The ledger could not be reconciled at the start of a worker")
        connection.close()


@worker_process_shutdown.connect
def _end(**_: Any) -> None:
    for worker in _worker:
        worker.end()


@shared_task(name=client.WORK, acks_late=True, reject_on_worker_lost=True, time_limit=300)
def work() -> None:
    """Do ready shards for one turn. Before: ready. After: done, held, or ready again for somebody else.

    One turn a message: what else comes to this process gets its turn in between. Without a broker no message
    comes, and this one goes on by itself for a while, so that work does not stand still meanwhile.
    """
    worker, begun = _worker[0], time.monotonic()
    while True:
        Lanes(worker.name, worker.engine, drop=worker.drop, progress=worker.progress).work()
        if not ledger.ready_count(worker.name) or client.wake():
            return
        if time.monotonic() - begun > ALONE_FOR:
            return


@shared_task(name=client.RECONCILE, time_limit=60)
def reconcile_ledger() -> None:
    """Bring the ledger in step with the world. Idempotent."""
    reconcile.reconcile()


@shared_task(name=client.SEQUENCE, time_limit=120)
def sequence() -> None:
    """Give events their places in the published log. Idempotent: each gets one, once."""
    sequencer.run()


@shared_task(name=client.SIMULATE, time_limit=600)
def simulate() -> None:
    """Run the policy simulations that officers asked for. Idempotent: each is taken once."""
    simulations.run_due()


@shared_task(name=client.UPKEEP, time_limit=120)
def take_steps_of_upkeep() -> None:
    """Re-key and re-seal for a short while, and ask for a further turn where work is left. Idempotent."""
    if upkeep.run():
        client.wake_upkeep()


@shared_task(name=client.SWEEP, time_limit=300)
def sweep() -> None:
    """Do what is due by the clock: letters, lapses, ends. Idempotent."""
    sweeps.sweep()
