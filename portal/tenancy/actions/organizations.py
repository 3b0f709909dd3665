"""Founding organizations and moving them through their life."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from portal.audit import actions as audit
from portal.common.errors import InvalidInput
from portal.common.states import move
from portal.tenancy import secrets
from portal.tenancy.actor import Actor
from portal.tenancy.models import ORGANIZATION_TRANSITIONS, Membership, Organization, RotationReason, User
from portal.tenancy.roles import Role


def create(*, name: str, administrator: User, by: Actor, synthetic: bool = False) -> Organization:
    """Found an organization with its first administrator.

    Raises:
        InvalidInput: `name_missing`.
    """
    if not name.strip():
        raise InvalidInput("name_missing", "Enter the name of the organization.", field="name")
    with transaction.atomic():
        organization = Organization.objects.create(name=name.strip(), synthetic=synthetic)
        secrets.add_version(organization, reason=RotationReason.FIRST, by=by.id)
        audit.record(
            verb="organization.created",
            actor=by,
            target=organization,
            organization=organization.pk,
            synthetic=synthetic,
        )
        membership = Membership.objects.create(
            organization=organization, user=administrator, role=Role.ADMINISTRATOR
        )
        audit.record(
            verb="member.added",
            actor=by,
            target=membership,
            organization=organization.pk,
            role=Role.ADMINISTRATOR,
        )
    return organization


def change_status(organization: Organization, to: str, *, by: Actor, reason: str = "") -> None:
    """Move an organization to another status and raise its epoch, inside the caller's transaction.

    The epoch stops whatever runs under the old status before its next result is written.
    """
    old = organization.status
    move(organization, to, table=ORGANIZATION_TRANSITIONS, epoch=F("epoch") + 1)
    audit.record(
        verb="organization.status_changed",
        actor=by,
        target=organization,
        organization=organization.pk,
        old=old,
        new=str(to),
        reason=reason,
    )


def raise_epoch(organization: Organization) -> None:
    """Make every running job of the organization pass its gate again, inside the caller's transaction."""
    Organization.objects.filter(pk=organization.pk).update(epoch=F("epoch") + 1)
