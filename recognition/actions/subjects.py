"""Subjects: made, named, and whom a face shows. Merging is `merging`.

Every step is taken under the gallery's lock, so that workers that enroll or search at the same time see it
whole: before, or after. Case records are locked first, as by everybody who ends one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F

from portal.audit import actions as audit
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import grants
from recognition.actions import records
from recognition.actions.orders import LONGEST_SUBJECT
from recognition.models import (
    Candidate,
    CaseRecord,
    Face,
    FaceMove,
    Gallery,
    Item,
    RecordStatus,
    Subject,
    SubjectMerge,
)

_BULK = 2_000


def create(*, gallery: Gallery, name: str, by: Actor) -> Subject:
    """Make a subject without a face.

    Raises:
        InvalidInput: `name_missing`, `name_too_long`.
        Conflict: `name_taken`, also by a name that was merged away.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        return make(lock(gallery.pk, by), _name(name), by)


def rename(*, subject: Subject, name: str, by: Actor) -> Subject:
    """Give a subject another name; photos of theirs that wait to be enrolled follow.

    Raises:
        InvalidInput: `name_missing`, `name_too_long`.
        Conflict: `name_taken`; `subject_merged`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=subject.organization_id)
    with tenant_scope(subject.organization_id):
        gallery = lock(subject.gallery_id, by)
        own, new = standing(subject), _name(name)
        if new != own.name:
            _require_free(gallery, new)
            named = Item.objects.filter(job__gallery=gallery, subject_name=own.name)
            named.update(subject_name=new)
            Subject.objects.filter(pk=own.pk).update(name=new, is_unnamed=False)
            record("subject.renamed", own, by)
    own.name = new
    return own


def move_face(*, face: Face, to: Subject | str, reason: str, by: Actor) -> Subject:
    """Say that a face shows somebody else of its gallery.

    Args:
        face: Which one.
        to: Whom it shows; a name for a person who is not in the gallery yet.
        reason: Why.
        by: Who.

    Raises:
        InvalidInput: `reason_missing`, `name_missing`, `name_too_long`; `same_subject`, it is theirs already.
        Conflict: `other_gallery`, `subject_merged`, `name_taken`; `case_closed`, one of the two was found.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=face.organization_id)
    because = reason_of(reason)
    with tenant_scope(face.organization_id):
        cases = lock_cases([face.subject_id, *([to.pk] if isinstance(to, Subject) else [])])
        gallery = lock(face.gallery_id, by)
        old = _owner_of(face, cases)
        new = make(gallery, _name(to), by) if isinstance(to, str) else standing(to, cases)
        if new.gallery_id != gallery.pk:
            raise Conflict("other_gallery", "A face stays in its gallery.", field="subject")
        if new.pk == old.pk:
            raise InvalidInput("same_subject", "The face is this person's already.", field="subject")
        move(gallery, {face.pk}, old, new, because, by)
        payload = {"came_from": old.public_id, "went_to": new.public_id}
        record("face.moved", face, by, **payload)
    return new


def lock_cases(subjects: Iterable[UUID]) -> set[UUID]:
    """Lock the case records of subjects, so that nobody ends one meanwhile; return their keys.

    Raises:
        Conflict: `case_closed`, the person of one was found: what is held about them waits to be erased.
    """
    keys = Subject.objects.filter(pk__in=list(subjects)).exclude(record=None).values("record")
    rows = CaseRecord.objects.filter(pk__in=keys).select_for_update(of=("self",), no_key=True)
    cases = list(rows.order_by("pk"))
    for case in cases:
        if case.status == RecordStatus.FOUND:
            records.require_open(case)
    return {case.pk for case in cases}


def lock(gallery_id: UUID, by: Actor) -> Gallery:
    """Lock a gallery that the actor may use, in the scope in force.

    Raises:
        NotFound: It is not visible to them.
        Refused: `gallery_deleted`.
    """
    gallery: Gallery = Gallery.objects.locked().get(pk=gallery_id)
    grants.require_use(by, gallery)
    return gallery


def standing(subject: Subject, cases: Collection[UUID] | None = None) -> Subject:
    """Read a subject again, locked; one that was merged away is not there to be changed.

    Args:
        subject: Whom.
        cases: The case records that are locked; a link to another one was made a moment ago.

    Raises:
        NotFound: They were erased meanwhile.
        Conflict: `subject_merged`, `state_changed`.
    """
    rows = Subject.objects.filter(pk=subject.pk).select_for_update(of=("self",), no_key=True)
    found: Subject | None = rows.select_related("merged_into", "record").first()
    if found is None:
        raise NotFound()
    if found.merged_into is not None:
        other = found.merged_into
        sentence = f"{found} was merged into {other}. Undo that merge first, or choose {other}."
        raise Conflict("subject_merged", sentence, merged_into=other.public_id)
    if cases is not None and found.record_id is not None and found.record_id not in cases:
        raise _changed()
    return found


def _owner_of(face: Face, cases: Collection[UUID]) -> Subject:
    """Return whom a face shows, locked, if nobody moved it since it was looked at."""
    locked = Face.objects.filter(pk=face.pk).select_related("subject").defer("template").first()
    if locked is None:
        raise NotFound()
    if locked.subject_id != face.subject_id:
        raise _changed()
    return standing(locked.subject, cases)


def faces_of(subject: Subject, among: Collection[UUID] | None = None) -> set[UUID]:
    """Return the keys of a subject's faces, in the scope in force; `among`: only of these."""
    rows = Face.objects.filter(subject=subject)
    chosen = rows if among is None else rows.filter(pk__in=among)
    return set(chosen.values_list("pk", flat=True))


def move(
    gallery: Gallery,
    faces: Collection[UUID],
    old: Subject,
    new: Subject,
    because: str,
    by: Actor,
    merge: SubjectMerge | None = None,
) -> None:
    """Let faces, and every candidate that names them, be another subject's; each with a row of history."""
    moves = [
        FaceMove(
            organization_id=gallery.organization_id,
            face_id=face,
            came_from=old,
            went_to=new,
            merge=merge,
            reason=because,
            moved_by=by.id,
        )
        for face in sorted(faces)
    ]
    FaceMove.objects.bulk_create(moves, batch_size=_BULK)
    Face.objects.filter(pk__in=faces).update(subject=new)
    Candidate.objects.filter(face__in=faces).update(subject=new)
    # Workers keep a gallery's matrix with whom each face shows, as of a version.
    Gallery.objects.filter(pk=gallery.pk).update(version=F("version") + 1)


def make(gallery: Gallery, name: str, by: Actor, *, user_id: str | None = None) -> Subject:
    """Make a subject in a locked gallery, inside the caller's scope.

    Raises:
        Conflict: `name_taken`.
    """
    _require_free(gallery, name)
    made: Subject = Subject.objects.create(
        organization_id=gallery.organization_id, gallery=gallery, name=name, user_id=user_id
    )
    record("subject.created", made, by)
    return made


def _require_free(gallery: Gallery, name: str) -> None:
    """Go on with a name that nobody in the gallery has; its lock keeps it so.

    Raises:
        Conflict: `name_taken`.
    """
    if (taken := Subject.objects.meant_by(gallery, {name}).get(name)) is None:
        return
    sentence = f"There is a subject called {name} in this gallery already."
    if taken.name != name:
        sentence = f"{name} was merged into {taken}, and what is enrolled under this name goes there."
    raise Conflict("name_taken", sentence, field="name")


def _name(text: str) -> str:
    name = text.strip()
    if not name:
        raise InvalidInput("name_missing", "Enter the name or reference of the person.", field="name")
    if len(name) > LONGEST_SUBJECT:
        sentence = f"The name of a subject has at most {LONGEST_SUBJECT} characters."
        raise InvalidInput("name_too_long", sentence, field="name")
    return name


def reason_of(text: str) -> str:
    """Return a reason as it is kept.

    Raises:
        InvalidInput: `reason_missing`.
    """
    if not text.strip():
        raise InvalidInput("reason_missing", "Say why. It stays in the history.", field="reason")
    return text.strip()


def _changed() -> Conflict:
    return Conflict("state_changed", "This changed while you were looking at it. Open it again.")


def record(verb: str, target: Subject | Face, by: Actor, **payload: Any) -> None:
    """Record an event about a subject or face, inside the caller's scope."""
    audit.record(verb=verb, actor=by, target=target, organization=target.organization_id, **payload)
