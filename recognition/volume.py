"""How much of a grant's volume is used: images handed in, and faces that a gallery will hold."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, Sum

from portal.common.clock import database_now
from recognition.models import Face, Gallery, Item, ItemStatus, Job, JobKind, JobStatus

WINDOW = timedelta(days=30)
_NEVER_RAN = Q(status__in=(JobStatus.REFUSED, JobStatus.EXPIRED)) | Q(
    status=JobStatus.CANCELLED, started_at=None
)
_UNFINISHED = (
    JobStatus.SUBMITTED,
    JobStatus.AWAITING_APPROVAL,
    JobStatus.QUEUED,
    JobStatus.RUNNING,
    JobStatus.HELD,
    JobStatus.PARTIAL,
)


def images_used(job: Job) -> int:
    """Return the images handed in within 30 days for a job's purpose and end user, its own included.

    Only jobs before it count besides, so that of two submitted at once the earlier goes on and the later
    is held, whichever asks first. Inside a scope.
    """
    earlier = Job.objects.filter(
        pk__lt=job.pk,
        purpose=job.purpose,
        end_user_id=job.end_user_id,
        created_at__gt=database_now() - WINDOW,
    ).exclude(_NEVER_RAN)
    return job.total + (earlier.aggregate(images=Sum("total"))["images"] or 0)


def faces_after(job: Job, gallery: Gallery) -> int:
    """Return the most faces that a gallery holds once a job and those before it are done. Inside a scope."""
    faces: int = Face.objects.filter(gallery=gallery).count()
    if job.kind != JobKind.ENROLL:
        return faces
    waiting = Item.objects.filter(
        status=ItemStatus.WAITING,
        job__gallery=gallery,
        job__kind=JobKind.ENROLL,
        job__status__in=_UNFINISHED,
        job__pk__lte=job.pk,
    )
    unsaved = job.total if job._state.adding else 0
    return faces + int(waiting.count()) + unsaved
