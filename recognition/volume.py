"""How much of a grant's volume is used: images handed in, and faces that a gallery will hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.common import planned
from recognition.models import AccuracyTest, Call, Face, Gallery, Item, ItemStatus, Job, JobKind, JobStatus

WINDOW = timedelta(days=30)
# Asked at every gate, in one statement: put together by Django, three take longer than their answers.
# Jobs that never ran handed nothing in.
_ALIKE = """
organization_id = %(organization)s AND id < %(one)s AND purpose = %(purpose)s
AND (end_user_id = %(end_user)s OR (end_user_id IS NULL AND %(end_user)s::uuid IS NULL))
AND created_at > statement_timestamp() - %(window)s
"""
_IMAGES_BEFORE = f"""
SELECT (
    SELECT coalesce(sum(CASE kind WHEN 'compare' THEN 2 * total ELSE total END), 0) FROM recognition_job
    WHERE {_ALIKE} AND status NOT IN ('refused', 'expired')
    AND NOT (status = 'cancelled' AND started_at IS NULL)
) + (SELECT coalesce(sum(photos), 0) FROM recognition_call WHERE {_ALIKE})
+ (SELECT coalesce(2 * sum(pairs), 0) FROM recognition_accuracytest WHERE {_ALIKE})
"""  # noqa: S608 - words of our own
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
    values: dict[str, Any] = {
        "organization": one.organization_id,
        "one": one.pk,
        "purpose": one.purpose,
        "end_user": one.end_user_id,
        "window": WINDOW,
    }
    found = planned.row(_IMAGES_BEFORE, values)
    return int(found[0]) if found else 0


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
