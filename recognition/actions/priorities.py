"""Which of its own jobs an organization wants done first."""

from __future__ import annotations

from portal.common.errors import Conflict
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import ledger
from recognition.actions.jobs import record
from recognition.models import Job, JobStatus, Priority

_MOVABLE = (JobStatus.AWAITING_APPROVAL, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.HELD)


def put_first(*, job: Job, by: Actor) -> None:
    """Let a job go before all others of its organization that are not urgent.

    Other organizations lose nothing by it: turns between them count work, not wishes. It needs a person who
    answers for more than one analyst's jobs; programs cannot call their own work urgent.

    Raises:
        Conflict: `nothing_left`, the job has ended.
    """
    _set(job, Priority.URGENT, by)


def put_in_line(*, job: Job, by: Actor) -> None:
    """Let a job wait for its place by age again.

    Raises:
        Conflict: `nothing_left`, the job has ended.
    """
    _set(job, Priority.NORMAL, by)


def is_movable(job: Job) -> bool:
    """Whether anything of a job is still to be done."""
    return job.status in _MOVABLE


def _set(job: Job, priority: Priority, by: Actor) -> None:
    require(by, Permission.PRIORITIZE_JOBS, organization=job.organization_id)
    with tenant_scope(job.organization_id):
        changed = Job.objects.filter(pk=job.pk, status__in=_MOVABLE).update(priority=priority)
        if not changed:
            raise Conflict("nothing_left", "Nothing of this job is left to be done.")
        ledger.prioritize(job.pk, priority)
        record(job, "job.prioritized", by, priority=priority.name.lower())
