"""Rotating an API key: a new one with the same binding, while the old one goes on for an overlap."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Least

from portal.audit import actions as audit
from portal.audit.models import Event
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.access import require
from portal.tenancy.actions.keys import LONGEST_DAYS, NewKey, end_at_once, issue
from portal.tenancy.actions.organizations import raise_epoch
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey
from portal.tenancy.roles import Permission

LONGEST_OVERLAP = timedelta(days=30)
SHORTEST_OVERLAP = timedelta(hours=1)  # of a program: if its answer is lost, the old key can ask again


def rotate(*, key: ApiKey, overlap: timedelta, by: Actor, expires_at: datetime | None = None) -> NewKey:
    """Make a key with the name, binding, scopes and facts of another, which ends after an overlap.

    The old key works on until then, and never longer than it would have. What it began is the old key's:
    when that ends, such jobs stop as after any key's end, and a member can take them over. An administrator
    may give the new key an end of its own; a program that rotates its own key keeps the end it was given,
    so that nobody but an administrator makes access last longer.

    Secrets are told once, so a caller whose answer was lost rotates the old key again: while nobody has used
    its successor, that one is revoked, and another takes its place with the same end. A program does so with
    what it made itself alone: a successor that an administrator made is for whom they gave it to.

    Args:
        key: To be replaced.
        overlap: How long both work, 0 to 30 days; of a program at least an hour.
        by: An administrator, or the key itself where it has the scope `rotate_keys` by name.
        expires_at: End of the new key; that of the old one unless given.

    Raises:
        Refused: `other_key`, a program rotates its own key alone; `scope`.
        InvalidInput: `overlap`; `expiry`, in the past or more than 366 days ahead.
        Conflict: `key_ended`, there is nothing to replace; `rotated_already`, and the newer key was used or
            is none of the program's own making.
    """
    _require_may(by, key)
    _check(overlap, by)
    with transaction.atomic():
        now = database_now()
        old = ApiKey.objects.select_for_update(of=("self",)).select_related("organization").get(pk=key.pk)
        _require_in_force(old, now)
        lost = _unused_successor(old)
        _require_own(lost, by)
        ends = expires_at or (lost or old).expires_at
        if not now < ends <= now + timedelta(days=LONGEST_DAYS):
            sentence = f"A key ends within {LONGEST_DAYS} days from now."
            raise InvalidInput("expiry", sentence, field="expires_at")
        new = issue(
            organization=old.organization,
            by=by,
            name=old.name,
            kind=old.kind,
            purpose=old.purpose,
            end_user_id=old.end_user_id,
            scopes=old.scopes,
            defaults=old.defaults,
            created_by_id=by.user_id or old.created_by_id,
            expires_at=ends,
            replaces=lost or old,
        )
        if lost is not None:
            end_at_once(lost, by)
        _end(old, now + overlap, new.key, by)
    return new


def _require_may(by: Actor, key: ApiKey) -> None:
    if by.key_id is None:
        require(by, Permission.MANAGE_KEYS, organization=key.organization_id)
        return
    require(by, Permission.ROTATE_KEYS, organization=key.organization_id)
    if by.key_id != key.pk:
        raise Refused("other_key", "A program rotates the key that it calls with, and no other.")


def _require_in_force(key: ApiKey, now: datetime) -> None:
    if key.revoked_at or key.expires_at <= now:
        raise Conflict("key_ended", "This key has ended. Create a new one.")


def _unused_successor(key: ApiKey) -> ApiKey | None:
    """Return the newest key that replaced this one and that nobody has used, locked; None where none did.

    Raises:
        Conflict: `rotated_already`, somebody has its secret.
    """
    newest: ApiKey | None = None
    while found := ApiKey.objects.select_for_update(of=("self",)).filter(replaces=newest or key).first():
        if found.last_used_at is not None:
            raise Conflict("rotated_already", "This key was replaced already. Rotate the newer one.")
        newest = found
    return newest


def _require_own(successor: ApiKey | None, by: Actor) -> None:
    if successor is None or by.key_id is None:
        return
    if not Event.objects.about(successor.public_id).filter(verb="key.created", actor=by.id).exists():
        raise Conflict("rotated_already", "An administrator replaced this key. Ask them for the new one.")


def _check(overlap: timedelta, by: Actor) -> None:
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput("overlap", "Both keys work for 0 to 30 days.", field="overlap")
    if by.key_id is not None and overlap < SHORTEST_OVERLAP:
        sentence = "A program's old key works for at least an hour more, in case this answer is lost."
        raise InvalidInput("overlap", sentence, field="overlap")


def _end(old: ApiKey, at: datetime, new: ApiKey, by: Actor) -> None:
    ApiKey.objects.filter(pk=old.pk).update(expires_at=Least("expires_at", Value(at)))
    old.refresh_from_db(fields=["expires_at"])
    raise_epoch(old.organization)  # rulings that look ahead to the old end are made anew
    audit.record(
        verb="key.rotated",
        actor=by,
        target=old,
        organization=old.organization_id,
        successor=new.public_id,
        ends_at=old.expires_at.isoformat(),
    )
