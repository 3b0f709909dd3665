"""Users of the Rekognition interface: subjects that a program named, and that may come and go without a face.

A face that was indexed without a user belongs to a subject of its own, which is nobody's name. Giving a user
up gives their faces back to such subjects: a face goes by erasure, never because a name goes.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from portal.audit import actions as audit
from portal.common.errors import Conflict, NotFound
from portal.common.ids import uuid7
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, keeping, subjects, tokens
from recognition.actions.tokens import Sent
from recognition.models import Face, Gallery, Subject

MOST_FACES = 100  # of one user
BECAUSE = "Said over the Rekognition interface."


def create(*, gallery: Gallery, user_id: str, sent: Sent | None = None, by: Actor) -> None:
    """Make a user without a face; they are a subject of the same name.

    Raises:
        Conflict: `user_exists`; `name_taken`, by a subject that was made elsewhere.
        InvalidInput: `token_differs`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        token = tokens.take(gallery, sent)
        if token is not None and token.answer:
            return
        locked = subjects.lock(gallery.pk, by)
        if Subject.objects.filter(gallery=locked).with_user_id(user_id).exists():
            raise Conflict("user_exists", "There is a user of this id in the collection already.")
        subjects.make(locked, user_id, by, user_id=user_id)
        tokens.keep(token, {})


def delete(*, gallery: Gallery, user_id: str, sent: Sent | None = None, by: Actor) -> None:
    """Give a user up; their faces stay in the collection and are nobody's.

    Raises:
        NotFound: There is no such user.
        Conflict: `user_in_case`, they are the person of a case record; `kept`, a legal hold stands;
            `case_closed`.
        InvalidInput: `token_differs`.
    """
    require(by, Permission.MANAGE_GALLERIES, organization=gallery.organization_id)
    with tenant_scope(gallery.organization_id):
        token = tokens.take(gallery, sent)
        if token is not None and token.answer:
            return
        locked = subjects.lock(gallery.pk, by)
        user = found(locked, user_id)
        _require_free(user)
        faces = subjects.faces_of(user)
        apart(locked, faces, user, by)
        Subject.objects.filter(pk=user.pk).delete()
        audit.record(
            verb="subject.disbanded",
            actor=by,
            target=user,
            organization=user.organization_id,
            faces=len(faces),
        )
        tokens.keep(token, {})


def found(gallery: Gallery, user_id: str) -> Subject:
    """Return a user of a locked gallery, locked.

    Raises:
        NotFound: There is none of this id.
    """
    user = Subject.objects.filter(gallery=gallery).with_user_id(user_id).first()
    if user is None:
        raise NotFound(sentence=f"The user id: {user_id} does not exist.")
    return subjects.standing(user)


def apart(gallery: Gallery, faces: Collection[UUID], user: Subject, by: Actor) -> None:
    """Let each face be a subject of its own, nobody's name, inside the caller's scope; with its history."""
    for face in sorted(faces):
        give(gallery, face, user, _nobody(gallery, face), by)


def give(gallery: Gallery, face: UUID, old: Subject, new: Subject, by: Actor) -> None:
    """Let a face of a locked gallery be another subject's, inside the caller's scope; with its history."""
    subjects.move(gallery, {face}, old, new, BECAUSE, by)
    row = Face(pk=face, organization_id=gallery.organization_id)
    subjects.record("face.moved", row, by, came_from=old.public_id, went_to=new.public_id)


def _nobody(gallery: Gallery, face: UUID) -> Subject:
    """Return the subject that stands for one face: the one it had before it got a user, else a new one."""
    new = Subject.of_face(gallery, face)
    old: Subject | None = Subject.objects.filter(gallery=gallery).called(new.name).first()
    if old is not None and old.is_unnamed and old.merged_into_id is None:
        return old
    if old is not None:  # by now somebody goes by this name
        new.name = f"{new.name} {uuid7()}"
    new.save(force_insert=True)
    return new


def _require_free(user: Subject) -> None:
    if user.record_id is not None:
        sentence = "This user is the person of a case record. Unlink them from the case first."
        raise Conflict("user_in_case", sentence)
    if erasure.is_kept(user):
        raise Conflict("kept", keeping.SENTENCE)
