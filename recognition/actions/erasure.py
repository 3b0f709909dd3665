"""Erasure: faces, templates, candidates and photos go, the receipt stays in the trail."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from portal.audit import actions as audit
from portal.common.errors import Conflict, NotFound
from portal.common.ids import public_id
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants, storage
from recognition.actions import endings, images, jobs, keeping, removal, tokens
from recognition.models import (
    Candidate,
    CaseRecordPhoto,
    Face,
    Gallery,
    GalleryKey,
    GalleryUserObjectPermission,
    Image,
    Item,
    Job,
    JobStatus,
    Subject,
)
from recognition.states import JOB

OVERDUE_AT_ONCE = 500  # faces erased in one transaction; the rest at the next sweep


@dataclass(frozen=True)
class Receipt:
    """What an erasure destroyed, and the event that proves it."""

    event: str
    faces: int
    subjects: int
    photos: int


def erase_subject(*, subject: Subject, by: Actor) -> Receipt:
    """Erase one person from a gallery: faces, candidates that name them, and photos used for nothing else.

    Photos of theirs that wait to be enrolled lose the name, and with it are enrolled for nobody. Who was
    merged into them goes too, with the history of it.

    Raises:
        Conflict: `subject_merged`, they were merged into somebody else, who is to be erased instead; `kept`,
            a legal hold stands.
    """
    require(by, Permission.ERASE, organization=subject.organization_id)
    with tenant_scope(subject.organization_id):
        event, count, purged = erase_person(subject, by=by)
    destroy(purged)
    return Receipt(event, count, 1, len(purged))


def erase_person(
    subject: Subject, *, by: Actor, besides: Collection[Job] = ()
) -> tuple[str, int, list[Image]]:
    """Erase one person from a gallery, inside the caller's scope, with the searches for them.

    Args:
        subject: Whom.
        by: Who erases.
        besides: Jobs that the caller ends.

    Returns:
        The event, the number of faces, and the photos whose stored bytes go after the commit (`destroy`).

    Raises:
        NotFound: They were erased meanwhile.
        Conflict: `subject_merged`; `state_changed`; `kept`, a legal hold stands.
    """
    searches = lock_searches(_for(subject))
    lock(subject.gallery_id)
    names = _names_of(subject)
    if Job.objects.filter(_for(subject)).exclude(pk__in=[job.pk for job in searches]).exists():
        raise Conflict("state_changed", "This changed while you were looking at it. Open it again.")
    named = Item.objects.filter(job__gallery=subject.gallery_id, subject_name__in=names)
    if is_kept(subject):
        raise Conflict("kept", keeping.SENTENCE)
    endings.purge([job for job in searches if job not in besides], by)
    photo_ids = set(named.values_list("image", flat=True))
    named.update(subject_name="")
    count, purged = erase(Face.objects.filter(subject=subject), by, photo_ids)
    Subject.objects.filter(pk=subject.pk).delete()
    event = audit.record(
        verb="subject.erased", actor=by, target=subject, organization=subject.organization_id, faces=count
    )
    return str(event.pk), count, purged


def is_kept(subject: Subject) -> bool:
    """Whether a legal hold keeps something of a person, or of who was merged into them. In scope.

    Ask it under the gallery's lock: a merge or an enrollment may bring a face that is kept.
    """
    own = Subject.objects.filter(Q(pk=subject.pk) | Q(merged_into=subject))
    named = Item.objects.filter(job__gallery=subject.gallery_id, subject_name__in=own.values("name"))
    return keeping.is_kept(
        subject.organization_id,
        public_id(Gallery.PREFIX, subject.gallery_id),
        *(one.public_id for one in own),
        *(job.public_id for job in Job.objects.filter(_for(subject))),
        faces=Face.objects.filter(subject=subject),
        photos=Image.objects.filter(pk__in=named.values("image")),
    )


def _for(subject: Subject) -> Q:
    return Q(subject=subject) | Q(subject__merged_into=subject)


def lock_searches(whom: Q) -> list[Job]:
    """Lock the jobs that search for somebody, before the gallery, as by the workers."""
    return list(Job.objects.filter(whom).order_by("pk").select_for_update(of=("self",)))


def _names_of(subject: Subject) -> list[str]:
    """Return what somebody is and was called, read under the gallery's lock.

    Raises:
        NotFound: They were erased meanwhile.
        Conflict: `subject_merged`.
    """
    own = Subject.objects.filter(pk=subject.pk).select_related("merged_into").first()
    if own is None:
        raise NotFound()
    if (other := own.merged_into) is not None:
        sentence = f"{own} was merged into {other}. Erase {other}, or undo the merge first."
        raise Conflict("subject_merged", sentence, merged_into=other.public_id)
    return [own.name, *Subject.objects.filter(merged_into=own).values_list("name", flat=True)]


def delete_gallery(*, gallery: Gallery, by: Actor) -> Receipt:
    """Erase everybody in a gallery and destroy its keys; the empty row stays for the jobs that name it.

    Raises:
        Conflict: `kept`, a legal hold stands.
    """
    require(by, Permission.ERASE, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        grants.require_use(by, gallery)
        _end_jobs(gallery, by)
        searches = lock_searches(Q(subject__gallery=gallery))
        lock(gallery.pk)
        enrolled = Item.objects.filter(job__gallery=gallery).exclude(subject_name="")
        keeping.require_free(
            gallery.organization_id,
            gallery.public_id,
            *(job.public_id for job in searches),
            faces=Face.objects.filter(gallery=gallery),
            photos=Image.objects.filter(pk__in=enrolled.values("image")),
        )
        endings.purge(searches, by)
        photo_ids = set(enrolled.values_list("image", flat=True))
        count, purged = erase(Face.objects.filter(gallery=gallery), by, photo_ids)
        subjects = Subject.objects.standing().filter(gallery=gallery).count()
        Subject.objects.filter(gallery=gallery).delete()
        GalleryKey.objects.filter(gallery=gallery).delete()
        tokens.forget(gallery)
        GalleryUserObjectPermission.objects.filter(content_object=gallery).delete()
        Item.objects.filter(job__gallery=gallery).update(subject_name="")
        Gallery.objects.filter(pk=gallery.pk).update(deleted_at=Now())
        event = audit.record(
            verb="gallery.deleted",
            actor=by,
            target=gallery,
            organization=gallery.organization_id,
            faces=count,
            subjects=subjects,
        )
    destroy(purged)
    return Receipt(str(event.pk), count, subjects, len(purged))


def erase_overdue(*, gallery: Gallery, by: Actor) -> Receipt:
    """Erase faces that a gallery has kept for as long as it may, the oldest first, some at a time.

    Subjects without a face left go with them. Faces that a job under a legal hold shows stay.
    """
    with tenant_scope(gallery.organization_id):
        lock(gallery.pk)
        if keeping.is_kept(gallery.organization_id, gallery.public_id):
            return Receipt("", 0, 0, 0)
        overdue = Face.objects.overdue().filter(gallery=gallery).order_by("created_at", "pk")
        overdue = overdue.exclude(pk__in=keeping.faces_to_keep(gallery.organization_id).values("pk"))
        if not overdue.exists():
            return Receipt("", 0, 0, 0)
        faces = Face.objects.filter(pk__in=list(overdue.values_list("pk", flat=True)[:OVERDUE_AT_ONCE]))
        shown = set(faces.values_list("subject_id", flat=True))
        count, purged = erase(faces, by, set())
        left = Face.objects.filter(subject__in=shown).values("subject")
        subjects, _ = Subject.objects.filter(pk__in=shown).exclude(pk__in=left).delete()
        event = audit.record(
            verb="faces.expired",
            actor=by,
            target=gallery,
            organization=gallery.organization_id,
            faces=count,
            subjects=subjects,
            photos=len(purged),
            days=gallery.retention_days,
        )
    destroy(purged)
    return Receipt(str(event.pk), count, subjects, len(purged))


def _end_jobs(gallery: Gallery, by: Actor) -> None:
    """End what waits for the gallery: a search of nothing would say that nobody was found.

    Jobs are locked before the gallery, as by the workers.
    """
    for job in Job.objects.filter(gallery=gallery).order_by("pk").select_for_update(of=("self",)):
        if JOB.allows(job.status, JobStatus.CANCELLED):
            jobs.end(job, by=by)


def lock(gallery_id: UUID) -> None:
    """Raise a gallery's version first: no worker writes candidates of faces that are going past the lock."""
    Gallery.objects.filter(pk=gallery_id).update(version=F("version") + 1)


def erase(faces: QuerySet[Face], by: Actor, photo_ids: set[UUID]) -> tuple[int, list[Image]]:
    """Delete faces and what hangs on them; return their number and the photos nothing else needs.

    Args:
        faces: What to delete.
        by: Who erases.
        photo_ids: Photos that were to be enrolled, and go like those that were.
    """
    removal.candidates(Candidate.objects.filter(face__in=faces.values("pk")))
    photo_ids = photo_ids | set(faces.values_list("image_id", flat=True))
    nobodys = [Subject.name_of_face(face) for face in faces.values_list("pk", flat=True)]
    count, _ = faces.delete()
    _give_up(nobodys)
    elsewhere = Face.objects.filter(image__in=photo_ids).values_list("image_id", flat=True)
    of_cases = CaseRecordPhoto.objects.filter(image__in=photo_ids).values_list("image_id", flat=True)
    unneeded = photo_ids - set(elsewhere) - set(of_cases)
    photos = list(Image.objects.filter(pk__in=unneeded, purged_at=None))
    for photo in photos:
        images.purge(photo, by=by)
    return count, photos


def _give_up(names: Collection[str]) -> None:
    """Delete subjects that stood for faces which are gone: a face may have got a user since."""
    empty = Subject.objects.filter(is_unnamed=True, name__in=names)
    empty.exclude(pk__in=Face.objects.filter(subject__in=empty.values("pk")).values("subject")).delete()


def destroy(photos: Iterable[Image]) -> None:
    """Delete stored bytes after the commit: a file without a row is waste, a row without a file a lie."""
    for photo in photos:
        storage.delete(photo.path)
