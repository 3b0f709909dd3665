"""A job's beginning and end: as workers see them, and what is made of work that is done in part."""

from __future__ import annotations

from django.db.models.functions import Now

from compliance.policy.vocabulary import Gate
from portal.common.errors import Conflict
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import reembedding, rulings
from recognition.actions import naming
from recognition.actions.jobs import record
from recognition.models import Candidate, Item, ItemStatus, Job, JobStatus, Verification
from recognition.states import ENDED, JOB


def start(job: Job, *, by: Actor) -> None:
    """Note that a worker took the first shard, inside the caller's scope."""
    if job.status == JobStatus.QUEUED:
        move(job, JobStatus.RUNNING, table=JOB, started_at=Now())
        record(job, "job.started", by)


def finish(job: Job, *, by: Actor) -> None:
    """Close a running job whose shards are all done, inside the caller's scope with the job locked."""
    counts = Item.objects.filter(job=job).counts()  # once, and what the job keeps is right by it from now on
    status = _final_status(job, counts)
    released = {"released_at": Now()} if status == JobStatus.RELEASED else {}
    counted = {"done": counts[ItemStatus.DONE], "failed": counts[ItemStatus.FAILED]}
    move(job, status, table=JOB, finished_at=Now(), **counted, **released)
    if status in ENDED:
        rulings.close(job)
    naming.adopt(job)
    if job.reembeds_to:
        reembedding.settle(job, by=by)
    record(job, "job.finished", by, status=str(status), **counted)


def release(job: Job, *, by: Actor) -> None:
    """Release results that were reviewed or accepted, inside the caller's scope."""
    move(job, JobStatus.RELEASED, table=JOB, released_at=Now())
    record(job, "results.released", by)


def accept(*, job: Job, by: Actor) -> None:
    """Content oneself with what a partly done job did: it goes to review, where one is asked, or is released.

    Raises:
        Conflict: `not_partial`; `state_changed`.
        Refused: The rule that does not allow it now.
    """
    require(by, Permission.SUBMIT_JOBS, organization=job.organization_id)
    if job.status != JobStatus.PARTIAL:
        raise Conflict("not_partial", "Only a job that is partly done can be accepted as it is.")
    ruling = rulings.rule_for(job, gate=Gate.RELEASE, by=by)
    if not rulings.lets_through(ruling):
        raise rulings.refusal(ruling, job=job.public_id)
    with tenant_scope(job.organization_id):
        record(job, "job.accepted", by)
        if _is_to_be_reviewed(job):
            move(job, JobStatus.AWAITING_REVIEW, table=JOB)
        else:
            release(job, by=by)


def _final_status(job: Job, counts: dict[str, int]) -> JobStatus:
    if counts[ItemStatus.FAILED]:
        return JobStatus.PARTIAL if counts[ItemStatus.DONE] else JobStatus.FAILED
    return JobStatus.AWAITING_REVIEW if _is_to_be_reviewed(job) else JobStatus.RELEASED


def _is_to_be_reviewed(job: Job) -> bool:
    if job.review != "before_release":
        return False
    return waits_for_review(job)


def waits_for_review(job: Job) -> bool:
    """Whether a candidate, or a pair at or above its threshold, waits for reviewers. In scope."""
    waiting = (Candidate.objects.filter(item__job=job), Verification.objects.filter(item__job=job))
    return any(rows.unsettled().exists() for rows in waiting)
