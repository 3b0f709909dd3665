"""Ending jobs for good, with what they found, inside the caller's scope with the jobs locked."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.functions import Now

from portal.common.states import move
from portal.tenancy.actor import Actor
from recognition.actions import jobs, removal
from recognition.models import Job, JobStatus
from recognition.states import JOB, READABLE


def has_results(job: Job) -> bool:
    """Whether a job has results, open to readers or held."""
    return job.status in READABLE or (job.status == JobStatus.HELD and job.held_from in READABLE)


def close_results(own: Iterable[Job], to: JobStatus) -> None:
    """Close results for good: nobody reads them any more.

    What waits for review, is held or done in part is released on the way. Nobody can read it in between, for
    all of it is one transaction.
    """
    for job in own:
        if not has_results(job):
            continue
        if job.status != JobStatus.RELEASED:
            nothing = dict.fromkeys(("held_reason", "held_from", "held_because", "held_by", "refused_by"), "")
            moment = job.released_at or Now()
            move(job, JobStatus.RELEASED, table=JOB, **nothing, held_at=None, released_at=moment)
        jobs.conclude(job, to, **({"purged_at": Now(), "rejected": []} if to == JobStatus.PURGED else {}))


def purge(own: Iterable[Job], by: Actor) -> None:
    """End jobs that still run, and destroy what all of them found."""
    for job in own:
        if job.purged_at is not None:
            continue
        if not has_results(job) and JOB.allows(job.status, JobStatus.CANCELLED):
            jobs.end(job, by=by)
        faces, count = removal.results(job)
        jobs.record(job, "job.purged", by, status=str(job.status), faces=faces, candidates=count)
        close_results([job], JobStatus.PURGED)
        Job.objects.filter(pk=job.pk, purged_at=None).update(purged_at=Now(), rejected=[])
