"""How much of a grant's volume is used: images handed in, and faces that a gallery will hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import Case, F, IntegerField, Q, Sum, When
from django.db.models.functions import Now

from recognition.models import AccuracyTest, Call, Face, Gallery, Item, ItemStatus, Job, JobKind, JobStatus

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


# Of a job only thought of nothing is counted yet, and reading results uses up no volume: a grant that shrank
# since stops new work and closes no result.
NOT_COUNTED: Mapping[str, int | None] = {
    "images_used": None,
    "faces_after": None,
    "gallery_retention_days": None,
}


def counted(job: Job | Call, gallery: Gallery | None) -> dict[str, int | None]:
    """Return what limits are held against, asked at every gate. Inside a scope.

    Returns:
        `images_used`: images handed in within 30 days for the purpose and end user of the job or call, its
        own included;
        `faces_after`: the most faces that the gallery holds once this job and those before it are done. Only
        jobs before it count besides: of two submitted at once the earlier goes on and the later is held,
        whichever asks first; `gallery_retention_days`: how long the gallery keeps its faces.
    """
    return {
        "images_used": job.photos + _images_before(job),
        "faces_after": _faces_after(job, gallery) if gallery else None,
        "gallery_retention_days": gallery.retention_days if gallery else None,
    }


def images_of_tests(test: AccuracyTest) -> int:
    """Return what `images_used` is for a test of accuracy: its photos and those before. In scope."""
    return 2 * test.pairs + _images_before(test)


def _images_before(one: Job | Call | AccuracyTest) -> int:
    before = {
        "pk__lt": one.pk,
        "purpose": one.purpose,
        "end_user_id": one.end_user_id,
        "created_at__gt": Now() - WINDOW,
    }
    handed_in = Case(
        When(kind=JobKind.COMPARE, then=2 * F("total")), default=F("total"), output_field=IntegerField()
    )
    jobs = Job.objects.filter(**before).exclude(_NEVER_RAN).aggregate(images=Sum(handed_in))["images"] or 0
    tests = AccuracyTest.objects.filter(**before).aggregate(pairs=Sum("pairs"))["pairs"] or 0
    calls: int = Call.objects.filter(**before).photos()
    return int(jobs + calls + 2 * tests)


def _faces_after(job: Job | Call, gallery: Gallery) -> int:
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
