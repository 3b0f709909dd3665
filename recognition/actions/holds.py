"""Stopping jobs without losing anything, and letting them go on when the gate clears them again."""

from __future__ import annotations

from django.db import transaction

from compliance.actions import cases
from compliance.models import RulingRecord
from compliance.policy.vocabulary import Gate, Outcome
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import client, ledger, rulings
from recognition.actions.jobs import record
from recognition.models import Gallery, Job, JobStatus
from recognition.states import JOB


def hold(*, job: Job, reason: str, ruling: str, rule: str, by: Actor) -> None:
    """Stop a job without losing anything; `reason` is policy, tenant or operator. Opens its own scope."""
    with tenant_scope(job.organization_id):
        fields = {"held_from": job.status, "held_reason": reason, "refused_by": rule}
        move(job, JobStatus.HELD, table=JOB, ruling=ruling or job.ruling, **fields)
        ledger.hold(job.pk)
        record(job, "job.held", by, reason=reason, ruling=ruling)


def review_hold(*, job: Job, gallery: Gallery | None, by: Actor) -> None:
    """Rule again on a job whose epochs changed: hold it, let it go on, or note that nothing changed."""
    ruling = rulings.rule(job, gallery, gate=Gate.DISPATCH, by=by)
    through = rulings.lets_through(ruling)
    if through and job.status == JobStatus.HELD and job.held_reason == "policy":
        resume(job, ruling, by=by)
        return
    if not through and job.status != JobStatus.HELD:
        hold(job=job, reason="policy", ruling=ruling.public_id, rule=ruling.rule, by=by)
        refer(ruling, by=by)
    with tenant_scope(job.organization_id):
        Job.objects.filter(pk=job.pk).update(ruling=ruling.public_id)
    ledger.note_epochs(job.pk, rulings.epochs(ruling))


def refer(ruling: RulingRecord, *, by: Actor) -> None:
    """Open a case where a ruling refers what it holds: else no officer would ever hear of it."""
    if ruling.outcome == Outcome.REFERRED:
        with tenant_scope(ruling.organization_id):
            cases.open_referral(ruling, by=by)


def resume(job: Job, ruling: RulingRecord, *, by: Actor) -> None:
    """Let a held job go on, or its results be read again, under a ruling that lets it through."""
    with tenant_scope(job.organization_id):
        fields = {"held_reason": "", "refused_by": "", "held_from": "", "ruling": ruling.public_id}
        move(job, job.held_from, table=JOB, **fields)
        ledger.unhold(job.pk, rulings.epochs(ruling))
        record(job, "job.resumed", by, ruling=ruling.public_id)
        transaction.on_commit(client.wake)
