"""What the clock ends and destroys: jobs undecided or held for too long, what was kept long enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from compliance import legal_holds
from compliance.actions import referrals
from portal.common.steps import alone
from portal.tenancy import directory
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition import rulings, storage, volume
from recognition.actions import erasure, images, removal
from recognition.actions.jobs import conclude, record
from recognition.models import Call, Gallery, Image, Item, Job, JobStatus

CLOCK = Actor.system("clock")
DECIDED_WITHIN = timedelta(days=14)
HELD_AT_MOST = timedelta(days=30)
CALLS_KEPT = volume.WINDOW  # what a grant's volume is counted over
AT_ONCE = 20  # steps of each kind an organization takes in one sweep
PHOTOS_AT_ONCE = 2_000  # destroyed in one transaction; a larger job takes several sweeps
_Step: TypeAlias = tuple[Callable[[UUID, UUID], bool], Callable[[], QuerySet[Any]]]


def sweep() -> int:
    """Take every step that is due; returns how many were taken. May run any number of times."""
    keys = directory.organizations_with(*(rows for _, rows in (*_ENDS, *_DESTROYS)), _old_calls)
    return sum(alone(step) for key in keys for step in _due(key))


def expire(job_id: UUID, organization_id: UUID) -> bool:
    """End a job that nobody decided on in time."""
    with tenant_scope(organization_id):
        job = Job.objects.undecided_for(DECIDED_WITHIN).select_for_update(of=("self",)).get(pk=job_id)
        conclude(job, JobStatus.EXPIRED)
        record(job, "job.expired", CLOCK)
        referrals.withdraw(job.public_id, organization=organization_id, by=CLOCK)
    return True


def terminate(job_id: UUID, organization_id: UUID) -> bool:
    """End a job that was held for too long; its photos and results are due to be destroyed at once."""
    with tenant_scope(organization_id):
        job = Job.objects.held_for(HELD_AT_MOST).select_for_update(of=("self",)).get(pk=job_id)
        conclude(job, JobStatus.TERMINATED)
        record(job, "job.terminated", CLOCK, days=HELD_AT_MOST.days)
    return True


def purge(job_id: UUID, organization_id: UUID) -> bool:
    """Destroy photos and results of a job, and leave a receipt; False while a legal hold forbids it.

    Stored bytes go before the transaction ends, and only once the database has found nothing that would
    undo it: were it undone all the same, the next sweep would destroy the rest.
    """
    with tenant_scope(organization_id):
        job = Job.objects.to_purge().select_for_update(of=("self",)).get(pk=job_id)
        if _is_kept(job):
            return False
        photos = list(_unneeded_photos(job)[: PHOTOS_AT_ONCE + 1])
        if len(photos) <= PHOTOS_AT_ONCE:
            _close_for_good(job, len(photos))
        images.purge_all(photos[:PHOTOS_AT_ONCE], by=CLOCK)
        connection.check_constraints()
        for photo in photos[:PHOTOS_AT_ONCE]:
            storage.delete(photo.path)
    return True


def expire_faces(gallery_id: UUID, organization_id: UUID) -> bool:
    """Erase faces that a gallery has kept for as long as it may, with a receipt; False under a legal hold."""
    with tenant_scope(organization_id):
        gallery = Gallery.objects.get(pk=gallery_id)
        if _is_kept(gallery):
            return False
    return erasure.erase_overdue(gallery=gallery, by=CLOCK).faces > 0


def forget_calls(organization_id: UUID) -> bool:
    """Delete the rows of calls that no volume counts any more; the trail says what was ruled and answered."""
    with tenant_scope(organization_id):
        gone, _ = _old_calls().delete()
    return gone > 0


def _old_calls() -> QuerySet[Call]:
    rows: QuerySet[Call] = Call.objects.past(CALLS_KEPT)
    return rows


def _due(organization_id: UUID) -> list[Callable[[], bool]]:
    with tenant_scope(organization_id):
        return list(_steps(organization_id))


def _steps(organization_id: UUID) -> Iterator[Callable[[], bool]]:
    """Yield what is due in an organization. In its scope."""
    for step, rows in _ENDS:
        yield from (partial(step, row.pk, organization_id) for row in rows().order_by("pk")[:AT_ONCE])
    if legal_holds.blocks("", organization=organization_id):  # everything of this organization is kept
        return
    if _old_calls().exists():
        yield partial(forget_calls, organization_id)
    for step, rows in _DESTROYS:
        free = (row for row in rows().order_by("pk").iterator() if not _is_kept(row))
        yield from (partial(step, row.pk, organization_id) for row in islice(free, AT_ONCE))


def _is_kept(row: Job | Gallery) -> bool:
    return legal_holds.blocks(row.public_id, organization=row.organization_id)


def _close_for_good(job: Job, destroyed: int) -> None:
    """Delete what a job found, close it, and record what was destroyed, inside the caller's scope.

    Args:
        job: Locked.
        destroyed: How many of its photos are destroyed in this transaction.
    """
    own = Item.objects.filter(job=job).photos()
    kept = own.filter(purged_at=None).count() - destroyed
    status, photos = job.status, own.count() - kept
    faces, found = removal.results(job)
    if status == JobStatus.RELEASED:
        conclude(job, JobStatus.PURGED, purged_at=Now(), rejected=[])
    else:
        Job.objects.filter(pk=job.pk).update(purged_at=Now(), rejected=[])
        rulings.close(job)
    counts = {"photos": photos, "kept": kept, "faces": faces, "candidates": found}
    record(job, "job.purged", CLOCK, status=str(status), **counts)


def _unneeded_photos(job: Job) -> QuerySet[Image]:
    """Return the photos of a job that no gallery, no case record and no other job needs. In scope."""
    own = Item.objects.filter(job=job).photos()
    return images.unneeded(own, besides=[job])


_ENDS: tuple[_Step, ...] = (
    (expire, lambda: Job.objects.undecided_for(DECIDED_WITHIN)),
    (terminate, lambda: Job.objects.held_for(HELD_AT_MOST)),
)
_DESTROYS: tuple[_Step, ...] = (
    (purge, Job.objects.to_purge),
    (expire_faces, Gallery.objects.with_overdue_faces),
)
