"""Members of an organization: invitations, roles, training, removal."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.access import require
from portal.tenancy.actions.organizations import raise_epoch
from portal.tenancy.actor import Actor
from portal.tenancy.models import Invitation, Membership, Organization, User
from portal.tenancy.roles import Permission, Role

INVITATION_DAYS = 7


def invite(*, organization: Organization, email: str, role: Role, by: Actor) -> tuple[Invitation, str]:
    """Invite somebody by email; returns the invitation and the secret for its link, shown nowhere else.

    Raises:
        Conflict: `already_member`.
    """
    require(by, Permission.MANAGE_MEMBERS, organization=organization)
    address = email.strip().lower()
    if Membership.objects.filter(organization=organization, user__email=address, ended_at=None).exists():
        raise Conflict("already_member", "This person is a member already.")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            organization=organization,
            email=address,
            role=role,
            secret_hash=_hash(secret),
            invited_by_id=by.person,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.record(
            verb="invitation.sent", actor=by, target=invitation, organization=organization.pk, role=role.value
        )
    return invitation, secret


def find_invitation(secret: str) -> Invitation:
    """Return the open invitation behind a link.

    Raises:
        NotFound: `invitation_gone`: unknown, used, withdrawn or expired, all alike.
    """
    invitation = Invitation.objects.select_related("organization").filter(secret_hash=_hash(secret)).first()
    if invitation is None or not invitation.is_open:
        raise NotFound("invitation_gone", "This invitation is no longer valid. Ask for a new one.")
    return invitation


def accept(*, secret: str, user: User) -> Membership:
    """Join the organization of an invitation.

    Raises:
        Refused: `other_address`, when the invitation went to another address.
        Conflict: `already_member`.
    """
    invitation = find_invitation(secret)
    if invitation.email != user.email:
        raise Refused("other_address", "This invitation was sent to another address. Sign in with that one.")
    with transaction.atomic():
        used = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
        if not used.update(accepted_at=Now()):
            raise NotFound("invitation_gone", "This invitation is no longer valid. Ask for a new one.")
        actor = Actor.for_user(user)
        membership = _join(invitation.organization, user, Role(invitation.role), actor)
        audit.record(
            verb="invitation.accepted",
            actor=actor,
            target=invitation,
            organization=invitation.organization_id,
            role=invitation.role,
        )
    return membership


def withdraw_invitation(*, invitation: Invitation, by: Actor) -> None:
    """Make an invitation's link worthless."""
    require(by, Permission.MANAGE_MEMBERS, organization=invitation.organization_id)
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(withdrawn_at=Now()):
            audit.record(
                verb="invitation.withdrawn",
                actor=by,
                target=invitation,
                organization=invitation.organization_id,
                role=invitation.role,
            )


def add(*, organization: Organization, user: User, role: Role, by: Actor) -> Membership:
    """Give an existing account a role in an organization.

    Raises:
        Conflict: `already_member`.
    """
    require(by, Permission.MANAGE_MEMBERS, organization=organization)
    with transaction.atomic():
        return _join(organization, user, role, by)


def change_role(*, membership: Membership, role: Role, by: Actor) -> None:
    """Give a member another role.

    Raises:
        Refused: `self_grant`, on one's own role; `last_administrator`.
    """
    require(by, Permission.MANAGE_MEMBERS, organization=membership.organization_id)
    _not_oneself(membership, by, "Another administrator has to change your own role.")
    with transaction.atomic():
        _keep_an_administrator(membership)
        old, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        audit.record(
            verb="member.role_changed",
            actor=by,
            target=membership,
            organization=membership.organization_id,
            old=old,
            new=role.value,
        )


def remove(*, membership: Membership, by: Actor) -> None:
    """End a membership.

    Raises:
        Refused: `self_grant`, on one's own; `last_administrator`.
        Conflict: `ended_already`.
    """
    require(by, Permission.MANAGE_MEMBERS, organization=membership.organization_id)
    _not_oneself(membership, by, "Another administrator has to remove you.")
    with transaction.atomic():
        _keep_an_administrator(membership)
        if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=Now()):
            raise Conflict("ended_already", "This person is no member any more.")
        raise_epoch(membership.organization)  # ends what streams to them
        audit.record(
            verb="member.removed",
            actor=by,
            target=membership,
            organization=membership.organization_id,
            role=membership.role,
        )


def record_training(*, membership: Membership, trained_on: date, by: Actor) -> None:
    """Record when a reviewer was trained; without it, and 12 months after it, they judge no candidate.

    Raises:
        Refused: `self_grant`, on one's own.
        InvalidInput: `training_ahead`, a training that has not happened yet.
    """
    require(by, Permission.MANAGE_MEMBERS, organization=membership.organization_id)
    _not_oneself(membership, by, "Another administrator has to record your training.")
    if trained_on > database_now().date():
        raise InvalidInput("training_ahead", "This day has not come yet.", field="trained_on")
    with transaction.atomic():
        Membership.objects.filter(pk=membership.pk).update(trained_on=trained_on)
        audit.record(
            verb="member.trained",
            actor=by,
            target=membership,
            organization=membership.organization_id,
            trained_on=trained_on.isoformat(),
        )


def _join(organization: Organization, user: User, role: Role, actor: Actor) -> Membership:
    current = Membership.objects.filter(organization=organization, user=user, ended_at=None)
    if current.exists():
        raise Conflict("already_member", "This person is a member already.")
    membership = Membership.objects.create(organization=organization, user=user, role=role)
    audit.record(
        verb="member.added", actor=actor, target=membership, organization=organization.pk, role=role.value
    )
    return membership


def _not_oneself(membership: Membership, by: Actor, sentence: str) -> None:
    if by.user_id == membership.user_id:
        raise Refused("self_grant", sentence)


def _keep_an_administrator(membership: Membership) -> None:
    """Lock the administrators' rows, so that two cannot remove each other at once."""
    administrators = Membership.objects.select_for_update().filter(
        organization=membership.organization_id, role=Role.ADMINISTRATOR, ended_at=None
    )
    others = [row for row in administrators if row.pk != membership.pk]
    if membership.role == Role.ADMINISTRATOR and not others:
        raise Refused("last_administrator", "An organization keeps at least one administrator.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
