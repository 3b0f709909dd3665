"""A running job's beginning and end, as workers see them."""

from __future__ import annotations

from django.db.models.functions import Now

from portal.common.states import move
from portal.tenancy.actor import Actor
from recognition.actions.jobs import record
from recognition.models import Candidate, Item, ItemStatus, Job, JobStatus
from recognition.states import JOB


def start(job: Job, *, by: Actor) -> None:
    """Note that a worker took the first shard, inside the caller's scope."""
    if job.status == JobStatus.QUEUED:
        move(job, JobStatus.RUNNING, table=JOB, started_at=Now())
        record(job, "job.started", by)


def finish(job: Job, *, by: Actor) -> None:
    """Close a running job whose shards are all done, inside the caller's scope with the job locked."""
    counts = Item.objects.filter(job=job).counts()
    status = _final_status(job, counts)
    move(job, status, table=JOB, finished_at=Now())
    record(
        job,
        "job.finished",
        by,
        status=str(status),
        done=counts[ItemStatus.DONE],
        failed=counts[ItemStatus.FAILED],
    )


def _final_status(job: Job, counts: dict[str, int]) -> JobStatus:
    if counts[ItemStatus.FAILED]:
        return JobStatus.PARTIAL if counts[ItemStatus.DONE] else JobStatus.FAILED
    to_review = job.review == "before_release" and Candidate.objects.filter(item__job=job).exists()
    return JobStatus.AWAITING_REVIEW if to_review else JobStatus.RELEASED
