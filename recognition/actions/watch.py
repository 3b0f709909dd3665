"""Looking at jobs for patterns of misuse, once each and after the fact: no job waits for it.

The numbers are ours, chosen to be crossed seldom by honest work; an alert is a question, not a verdict.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from itertools import islice
from statistics import median
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Now

from compliance.actions import alerts, samples
from compliance.actions.alerts import WATCHER, Alert
from compliance.models.samples import SampleReason
from portal.common.clock import database_now
from portal.common.steps import alone
from portal.tenancy import directory
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition import reimports
from recognition.models import Face, Item, Job, JobKind, JobStatus, Subject

ONE_IN = 50  # product: one in 50 jobs is asked about
_CHUNK = 1_000
AT_ONCE = 20  # jobs of one organization looked at in one sweep
USUAL = 50  # jobs of a kind that tell what is usual
OUTLIER_TIMES, OUTLIER_PHOTOS, OUTLIER_HISTORY = 10, 100, 5
FRESH_PEOPLE, FRESH_PHOTOS = 5, 50
DAY, MONTH = timedelta(days=1), timedelta(days=30)
SETTLED = timedelta(days=7)  # an organization's first week has no "usual"
JUMP_TIMES, JUMP_PHOTOS = 10, 1000
_NOT_LET_THROUGH = (
    JobStatus.SUBMITTED,
    JobStatus.REFUSED,
    JobStatus.AWAITING_APPROVAL,
    JobStatus.EXPIRED,
)


def watch() -> int:
    """Look at every job that nobody looked at yet; returns how many. A sweep."""
    owners = directory.organizations_with(_unwatched)
    return sum(alone(_watch, job) for owner in owners for job in _next(owner))


def _next(owner: UUID) -> list[Job]:
    with tenant_scope(owner):
        return list(_unwatched().select_related("organization").order_by("pk")[:AT_ONCE])


def _unwatched() -> QuerySet[Job]:
    rows: QuerySet[Job] = Job.objects.filter(watched_at=None).exclude(status__in=_NOT_LET_THROUGH)
    return rows


def _watch(job: Job) -> bool:
    """Look at one job. What is asked and opened is so once only, so a sweep that broke is taken again."""
    with tenant_scope(job.organization_id):
        found = [alert for alert, looks_like in _PATTERNS.items() if looks_like(job)]
        reason = _drawn(job)
    if found:
        with officer_scope():
            for alert in found:
                alerts.raise_alert(
                    alert, organization_id=job.organization_id, about=job.public_id, by=WATCHER
                )
    with tenant_scope(job.organization_id):
        if not Job.objects.filter(pk=job.pk, watched_at=None).update(watched_at=Now()):
            return False
        if reason:
            _ask(job, reason)
    return True


def _ask(job: Job, reason: SampleReason) -> None:
    samples.ask(
        organization=job.organization,
        subject=job.public_id,
        purpose=job.purpose,
        size=job.total,
        stated_reference=str(job.facts.get("case_reference") or ""),
        reason=reason,
        asked_of=job.submitted_by,
    )


def _drawn(job: Job) -> SampleReason | None:
    if _is_outlier(job):
        return SampleReason.OUTLIER
    return SampleReason.RANDOM if secrets.randbelow(ONE_IN) == 0 else None


def _is_outlier(job: Job) -> bool:
    earlier = Job.objects.filter(kind=job.kind, pk__lt=job.pk).exclude(status__in=_NOT_LET_THROUGH)
    totals = list(earlier.order_by("-pk").values_list("total", flat=True)[:USUAL])
    if len(totals) < OUTLIER_HISTORY or job.total < OUTLIER_PHOTOS:
        return False
    return bool(job.total > OUTLIER_TIMES * median(totals))


def _fresh_subjects(job: Job) -> bool:
    """Many photos against a few people enrolled today with one photo each: a watchlist in all but name."""
    if job.kind != JobKind.SEARCH or job.total < FRESH_PHOTOS:
        return False
    people = Subject.objects.standing().filter(gallery=job.gallery_id)
    count = people.count()
    if not 0 < count <= FRESH_PEOPLE or people.filter(created_at__lt=job.created_at - DAY).exists():
        return False
    faces = Face.objects.filter(gallery=job.gallery_id).order_by().values("subject")
    return not faces.annotate(number=Count("pk")).filter(number__gt=1).exists()


def _probe_across_purposes(job: Job) -> bool:
    if job.kind != JobKind.SEARCH:
        return False
    digests = Item.objects.filter(job=job).photos().values("sha256")
    others = Item.objects.filter(
        job__kind=JobKind.SEARCH, job__created_at__gt=job.created_at - MONTH, image__sha256__in=digests
    )
    return bool(others.exclude(job__purpose=job.purpose).exists())


def _volume_jump(job: Job) -> bool:
    searches = Job.objects.filter(kind=JobKind.SEARCH).exclude(status__in=_NOT_LET_THROUGH)
    now = database_now()
    if job.kind != JobKind.SEARCH or not searches.filter(created_at__lt=now - SETTLED).exists():
        return False
    today = _photos(searches.filter(created_at__gt=now - DAY))
    before = _photos(searches.filter(created_at__gt=now - DAY - MONTH, created_at__lte=now - DAY))
    return today > JUMP_PHOTOS and today > JUMP_TIMES * before / MONTH.days


def _photos(jobs: QuerySet[Job]) -> int:
    return int(jobs.aggregate(photos=Sum("total"))["photos"] or 0)


def _reimport(job: Job) -> bool:
    photos = Item.objects.filter(job=job).photos().only("pk", "sha256")
    found = photos.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(found, _CHUNK)):
        if reimports.among(chunk, organization_id=job.organization_id):
            return True
    return False


_PATTERNS = {
    Alert.REIMPORT: _reimport,
    Alert.FRESH_SUBJECTS: _fresh_subjects,
    Alert.PROBE_ACROSS_PURPOSES: _probe_across_purposes,
    Alert.VOLUME_JUMP: _volume_jump,
}
