"""What a member may see of their organization's galleries, jobs and photos. In scope, all of it.

Whoever answers for all galleries, or only reads, sees every job; an analyst sees the jobs of the galleries
that were granted to them and those they submitted. To everybody else a thing does not exist.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from portal.common.errors import NotFound
from portal.tenancy.access import get_or_404, organization_of
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.models import CaseRecord, CaseRecordPhoto, Face, Gallery, Image, Item, Job, Subject
from recognition.models.galleries import GalleryQuerySet
from recognition.models.records import CaseRecordQuerySet

_SEES_ALL = frozenset(set(Role) - {Role.ANALYST})


def galleries(actor: Actor) -> GalleryQuerySet:
    """Return the galleries in use that a member may see."""
    return grants.visible_to(actor)


def gallery(actor: Actor, public_id: str) -> Gallery:
    """Return one gallery in use.

    Raises:
        NotFound: There is none of this id that the member may see.
    """
    found = get_or_404(Gallery, actor, public_id)
    if not galleries(actor).filter(pk=found.pk).exists():
        raise NotFound()
    return found


def gallery_to_change(actor: Actor, public_id: str) -> Gallery:
    """Return one gallery for an action, which opens its own scope: call this outside any."""
    with tenant_scope(organization_of(actor)):
        return gallery(actor, public_id)


def subject(actor: Actor, gallery_id: str, public_id: str) -> Subject:
    """Return one subject of a gallery.

    Raises:
        NotFound: There is none of this id that the member may see.
    """
    found = get_or_404(Subject, actor, public_id, "gallery", "record", "merged_into")
    if found.gallery_id != gallery(actor, gallery_id).pk:
        raise NotFound()
    return found


def subject_to_change(actor: Actor, gallery_id: str, public_id: str) -> Subject:
    """Return one subject for an action, which opens its own scope: call this outside any."""
    with tenant_scope(organization_of(actor)):
        return subject(actor, gallery_id, public_id)


def records(actor: Actor) -> CaseRecordQuerySet:
    """Return the case records of the member's organization, the newest first."""
    rows: CaseRecordQuerySet = CaseRecord.objects.all()
    return rows.filter(organization=organization_of(actor)).order_by("-opened_at", "-pk")


def record(actor: Actor, public_id: str) -> CaseRecord:
    """Return one case record.

    Raises:
        NotFound: There is none of this id in the member's organization.
    """
    return get_or_404(CaseRecord, actor, public_id, "organization")


def record_to_change(actor: Actor, public_id: str) -> CaseRecord:
    """Return one case record for an action, which opens its own scope: call this outside any."""
    with tenant_scope(organization_of(actor)):
        return record(actor, public_id)


def jobs(actor: Actor) -> Any:
    """Return the jobs that a member may see, newest first."""
    rows = Job.objects.select_related("gallery", "record").order_by("-created_at", "-pk")
    if actor.role in _SEES_ALL:
        return rows
    return rows.filter(Q(submitted_by=actor.id) | Q(gallery__in=galleries(actor).values("pk")))


def job(actor: Actor, public_id: str) -> Job:
    """Return one job with its gallery.

    Raises:
        NotFound: There is none of this id that the member may see.
    """
    found = get_or_404(Job, actor, public_id, "gallery", "record")
    if not jobs(actor).filter(pk=found.pk).exists():
        raise NotFound()
    return found


def job_to_change(actor: Actor, public_id: str) -> Job:
    """Return one job for an action, which opens its own scope: call this outside any."""
    with tenant_scope(organization_of(actor)):
        return job(actor, public_id)


def item(actor: Actor, found_in: Job, public_id: str) -> Item:
    """Return one item of a job with its photos.

    Raises:
        NotFound: The job has no such item.
    """
    found = get_or_404(Item, actor, public_id, "image", "second")
    if found.job_id != found_in.pk:
        raise NotFound()
    return found


def image(actor: Actor, public_id: str) -> Image:
    """Return one photo that was not purged.

    Raises:
        NotFound: There is none of this id in a case, job or gallery that the member may see.
    """
    found = get_or_404(Image, actor, public_id)
    if found.purged_at is not None or not _reachable(actor, found):
        raise NotFound()
    return found


def _reachable(actor: Actor, found: Image) -> bool:
    if actor.role in _SEES_ALL or found.uploaded_by == actor.id:
        return True
    if CaseRecordPhoto.objects.filter(image=found).exists():
        return True
    enrolled = Face.objects.filter(image=found, gallery__in=galleries(actor).values("pk"))
    return enrolled.exists() or Item.objects.filter(job__in=jobs(actor).values("pk")).showing(found).exists()
