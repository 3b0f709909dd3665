"""Every few seconds: end lost leases, rule again where epochs changed, close what is done, wake workers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

from django.db.models import Q

from compliance.actions import gate as gates
from compliance.actions.gate import Epochs
from compliance.models import RulingRecord
from portal.common.clock import database_now
from portal.common.errors import Conflict
from portal.common.ids import parse_public_id
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import client, ledger, rulings, runner, worker
from recognition.actions import holds
from recognition.models import Job, JobStatus

RECONCILER = Actor.system("reconciler")
# What people hold is not looked at by the clock: the rules do not let it go on.
_RULED_ON_BY_THE_CLOCK = Q(status__in=(JobStatus.QUEUED, JobStatus.RUNNING)) | Q(
    status=JobStatus.HELD, held_reason="policy"
)
logger = logging.getLogger(__name__)


def reconcile() -> None:
    """Bring the ledger in step with the world; may run at any time, any number of times."""
    for claim in ledger.lost():
        _alone(partial(runner.take_over, claim), claim.job_id)
    waiting = ledger.waiting_organizations()
    for organization_id, job_id in {*ledger.stale(_epochs(waiting)), *_past_their_rulings(waiting)}:
        _alone(partial(_rule_again, organization_id, job_id), job_id)
    worker.forget_dead()
    if ready := ledger.ready_count():
        client.wake(ready)


def _alone(step: Callable[[], None], job_id: UUID) -> None:
    """Take one step; what is wrong with one job must not keep all others waiting."""
    try:
        step()
    except Exception:
        logger.exception("A job could not be reconciled", extra={"job": str(job_id)})


def _epochs(owners: list[UUID]) -> dict[UUID, Epochs]:
    return {owner: gates.current_epochs(owner) for owner in owners}


def _past_their_rulings(owners: list[UUID]) -> list[tuple[UUID, UUID]]:
    """Return (organization, job) with waiting shards and a ruling whose time is over.

    Nothing raises an epoch when a grant begins, an exemption ends, a moratorium begins by its date or a
    scheduled version counts.
    """
    found = []
    for owner in owners:
        with tenant_scope(owner):
            jobs = Job.objects.filter(_RULED_ON_BY_THE_CLOCK).exclude(ruling="")
            by_ruling = {parse_public_id(RulingRecord.PREFIX, job.ruling): job.pk for job in jobs}
            over = RulingRecord.objects.filter(pk__in=by_ruling, valid_until__lte=database_now())
            found += [(owner, by_ruling[key]) for key in over.values_list("pk", flat=True)]
    return found


def _rule_again(organization_id: UUID, job_id: UUID) -> None:
    with tenant_scope(organization_id):
        job = Job.objects.get(pk=job_id)
        gallery = rulings.gallery_of(job)
    with suppress(Conflict):  # somebody moved the job meanwhile; it is looked at again in a few seconds
        holds.review_hold(job=job, gallery=gallery, by=RECONCILER)
