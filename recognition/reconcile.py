"""Every few seconds: end lost leases, rule again where epochs changed, close what is done, wake workers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from uuid import UUID

from compliance.actions import gate as gates
from compliance.actions.gate import Epochs
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import client, ledger, rulings, runner, worker
from recognition.actions import holds
from recognition.models import Job

RECONCILER = Actor.system("reconciler")
logger = logging.getLogger(__name__)


def reconcile() -> None:
    """Bring the ledger in step with the world; may run at any time, any number of times."""
    for claim in ledger.lost():
        _alone(partial(runner.take_over, claim), claim.job_id)
    for organization_id, job_id in ledger.stale(_epochs()):
        _alone(partial(_rule_again, organization_id, job_id), job_id)
    worker.forget_dead()
    waiting = ledger.ready_count()
    if waiting:
        client.wake(waiting)


def _alone(step: Callable[[], None], job_id: UUID) -> None:
    """Take one step; what is wrong with one job must not keep all others waiting."""
    try:
        step()
    except Exception:
        logger.exception("A job could not be reconciled", extra={"job": str(job_id)})


def _epochs() -> dict[UUID, Epochs]:
    return {owner: gates.current_epochs(owner) for owner in ledger.waiting_organizations()}


def _rule_again(organization_id: UUID, job_id: UUID) -> None:
    with tenant_scope(organization_id):
        job = Job.objects.get(pk=job_id)
        gallery = rulings.gallery_of(job)
    holds.review_hold(job=job, gallery=gallery, by=RECONCILER)
