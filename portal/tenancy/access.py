"""The only doors to tenant data: what the actor may see, and whether they may do it.

A stranger gets the same answer as for an id that never was; a member without the right is told so.
"""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from portal.common.errors import NotFound, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import current, tenant_scope

M = TypeVar("M", bound=Model)


def get_or_404(model: type[M], actor: Actor, public_id: str, *related: str) -> M:
    """Return one row of the actor's organization, in the scope in force or one of its own.

    Args:
        model: A tenant or office model.
        actor: Who asks.
        public_id: As the address or body gives it.
        *related: Names for `select_related`.

    Raises:
        NotFound: No such row for this actor.
    """
    organization_id = organization_of(actor)
    scope = current()
    if scope is None:
        with tenant_scope(organization_id):
            return _get(model, public_id, related)
    if scope.organization_id != organization_id:
        raise NotFound()
    return _get(model, public_id, related)


def organization_of(actor: Actor) -> UUID:
    """Return the organization in which the actor acts.

    Raises:
        NotFound: They act in none (an officer, or nobody yet).
    """
    if actor.organization_id is None:
        raise NotFound()
    return actor.organization_id


def require(actor: Actor, permission: Permission, *, organization: Organization | UUID) -> None:
    """Let the actor on only with a permission in this very organization.

    Raises:
        NotFound: The actor does not belong to it.
        Refused: `permission`, the actor belongs to it and lacks the right.
    """
    organization_id = organization if isinstance(organization, UUID) else organization.pk
    if actor.kind == "system":
        return
    if actor.organization_id != organization_id:
        raise NotFound()
    if not actor.may(permission):
        what = permission.value.replace("_", " ")
        raise Refused("permission", f"Your role does not allow this ({what}). Ask an administrator.")


def require_officer(actor: Actor) -> None:
    """Let compliance officers on only.

    Raises:
        NotFound: To everybody else the office does not exist.
    """
    if not actor.is_officer:
        raise NotFound()


def _get(model: type[M], public_id: str, related: tuple[str, ...]) -> M:
    rows: Any = model._default_manager.all()
    if related:
        rows = rows.select_related(*related)
    row: M = rows.with_public_id(public_id)
    return row
