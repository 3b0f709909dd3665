"""Which member may use which gallery: grants of django-guardian, inside one organization only."""

from __future__ import annotations

from contextlib import suppress
from typing import LiteralString
from uuid import UUID

from portal.audit import actions as audit
from portal.common import planned
from portal.common.errors import NotFound, Refused
from portal.common.ids import parse_public_id
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, User
from portal.tenancy.roles import Permission, Role
from portal.tenancy.scope import organization_in_scope, tenant_scope
from recognition.models import Gallery, GalleryUserObjectPermission
from recognition.models.galleries import GalleryQuerySet

USE = "use_gallery"
# These roles see every gallery of their organization: they answer for all of them, or only read.
_ALL = frozenset({Role.ADMINISTRATOR, Role.APPROVER, Role.REVIEWER, Role.PRIVACY_CONTACT, Role.AUDITOR})

_CALLED: LiteralString = """
WHERE organization_id = %s AND deleted_at IS NULL AND purpose = %s
    AND (collection_id = %s OR collection_id IS NULL AND id = %s)
ORDER BY id LIMIT 1
"""


def visible_to(actor: Actor) -> GalleryQuerySet:
    """Return the galleries in use that an actor may see, in the scope in force."""
    rows: GalleryQuerySet = Gallery.objects.in_use()
    if actor.kind == "key":
        return rows.filter(purpose=actor.purpose)
    if sees_all(actor):
        return rows
    # guardian's shortcuts find our table only by a reverse name, which relations here do not have.
    granted = GalleryUserObjectPermission.objects.filter(user=actor.user_id, permission__codename=USE)
    return rows.filter(pk__in=granted.values("content_object"))


def called_by_key(actor: Actor, collection_id: str) -> Gallery | None:
    """Return the gallery that a key calls so, in the scope in force: `visible_to` and `called` in one.

    Programs name a gallery in nearly every call, so this is one statement that is planned once.

    Args:
        actor: A key.
        collection_id: As the Rekognition interface calls it: its collection id, else its own.
    """
    if actor.kind != "key":
        raise TypeError("Only what keys see is read here.")
    own_id = None
    with suppress(NotFound):
        own_id = parse_public_id(Gallery.PREFIX, collection_id)
    values = [organization_in_scope(), actor.purpose, collection_id, own_id]
    return next(iter(planned.instances(Gallery, _CALLED, values)), None)


def sees_all(actor: Actor) -> bool:
    """Tell whether an actor sees every gallery of their organization, and every job."""
    return actor.kind == "system" or actor.role in _ALL


def require_use(actor: Actor, gallery: Gallery) -> None:
    """Let the actor on only with the right to this gallery; call in scope.

    Raises:
        NotFound: It is not visible to them.
        Refused: `gallery_deleted`.
    """
    if gallery.deleted_at is not None:
        raise Refused("gallery_deleted", "This gallery was deleted.")
    if not visible_to(actor).filter(pk=gallery.pk).exists():
        raise NotFound()


def give(*, gallery: Gallery, member: Membership, by: Actor) -> None:
    """Let a member enroll into and search a gallery."""
    require(by, Permission.MANAGE_MEMBERS, organization=gallery.organization_id)
    _same_organization(gallery, member)
    with tenant_scope(gallery.organization_id):
        assign(gallery, member.user)
        _record("access.granted", gallery, member.user_id, by)


def take(*, gallery: Gallery, member: Membership, by: Actor) -> None:
    """Withdraw a member's right to a gallery."""
    require(by, Permission.MANAGE_MEMBERS, organization=gallery.organization_id)
    _same_organization(gallery, member)
    with tenant_scope(gallery.organization_id):
        GalleryUserObjectPermission.objects.remove_perm(USE, member.user, gallery)
        _record("access.withdrawn", gallery, member.user_id, by)


def assign(gallery: Gallery, user: User) -> None:
    """Grant, inside the caller's scope; whoever makes a gallery may use it."""
    GalleryUserObjectPermission.objects.assign_perm(USE, user, gallery)


def _same_organization(gallery: Gallery, member: Membership) -> None:
    if member.organization_id != gallery.organization_id or member.ended_at is not None:
        raise NotFound()


def _record(verb: str, gallery: Gallery, user_id: UUID, by: Actor) -> None:
    audit.record(
        verb=verb,
        actor=by,
        target=gallery,
        organization=gallery.organization_id,
        member=str(user_id),
        permission=USE,
    )
