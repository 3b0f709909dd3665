"""Every few seconds: end lost leases, rule again where epochs changed, close what is done, wake workers."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from compliance.actions import gate as gates
from compliance.actions.gate import Epochs
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import client, ledger, rulings, runner, worker
from recognition.actions import holds
from recognition.ledger import Claim
from recognition.models import Job

RECONCILER = Actor.system("reconciler")


def reconcile() -> None:
    """Bring the ledger in step with the world; may run at any time, any number of times."""
    for claim in ledger.lost():
        _take_over(claim)
    for organization_id, job_id in ledger.stale(_epochs()):
        _rule_again(organization_id, job_id)
    worker.forget_dead()
    waiting = ledger.ready_count()
    if waiting:
        client.wake(waiting)


def _take_over(claim: Claim) -> None:
    with tenant_scope(claim.organization_id):
        Job.objects.filter(pk=claim.job_id).update(recoveries=F("recoveries") + 1)
    if ledger.take_over(claim):
        runner.fail_as_poison(claim)


def _epochs() -> dict[UUID, Epochs]:
    return {owner: gates.current_epochs(owner) for owner in ledger.waiting_organizations()}


def _rule_again(organization_id: UUID, job_id: UUID) -> None:
    with tenant_scope(organization_id):
        job = Job.objects.get(pk=job_id)
        gallery = rulings.gallery_of(job)
    holds.review_hold(job=job, gallery=gallery, by=RECONCILER)
