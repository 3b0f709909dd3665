"""Calling released results back: closed at once, and whoever was handed them is told."""

from __future__ import annotations

from django.db.models.functions import Now

from portal.common.errors import Conflict
from portal.common.states import move
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import holds, notices
from recognition.actions.jobs import conclude, record
from recognition.models import Job, JobStatus
from recognition.states import JOB


def recall(*, job: Job, because: str, by: Actor) -> None:
    """Call the results of a job back, as an administrator of its organization.

    Raises:
        InvalidInput: `reason_missing`, `reason_too_long`.
        Conflict: `not_released`, there is nothing to call back.
    """
    require(by, Permission.RECALL_RESULTS, organization=job.organization_id)
    reason = holds.checked_reason(because, needed=True)
    with tenant_scope(job.organization_id):
        close(Job.objects.select_for_update(of=("self",)).get(pk=job.pk), reason, by=by)


def close(job: Job, because: str, *, by: Actor, case: str = "") -> None:
    """Close the results of a locked job and tell their recipients, inside the caller's scope.

    Results that are held, or of work that is done in part, are released on the way: nobody can read them
    in between, for all of it is one transaction.

    Raises:
        Conflict: `not_released`.
    """
    if job.status == JobStatus.PARTIAL or (
        job.status == JobStatus.HELD and job.held_from == JobStatus.RELEASED
    ):
        fields = {"held_reason": "", "held_from": "", "held_because": "", "held_by": "", "held_at": None}
        move(job, JobStatus.RELEASED, table=JOB, released_at=job.released_at or Now(), **fields)
    if job.status != JobStatus.RELEASED:
        raise Conflict("not_released", "Only released results can be called back.", status=str(job.status))
    conclude(job, JobStatus.RECALLED, recalled_because=because, refused_by="")
    told = notices.tell_recipients(job=job, by=by)
    record(job, "job.recalled", by, exports=len(told), case=case)
