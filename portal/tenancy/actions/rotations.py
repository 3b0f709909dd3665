"""Rotating an API key: a new one with the same binding, while the old one goes on for an overlap."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Least

from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.access import require
from portal.tenancy.actions.keys import LONGEST_DAYS, NewKey, issue
from portal.tenancy.actions.organizations import raise_epoch
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey
from portal.tenancy.roles import Permission

LONGEST_OVERLAP = timedelta(days=30)


def rotate(*, key: ApiKey, overlap: timedelta, by: Actor, expires_at: datetime | None = None) -> NewKey:
    """Make a key with the name, binding, scopes and facts of another, which ends after an overlap.

    The old key works on until then, and never longer than it would have. What it began is the old key's:
    when that ends, such jobs stop as after any key's end, and a member can take them over. An administrator
    may give the new key an end of its own; a program that rotates its own key keeps the end it was given,
    so that nobody but an administrator makes access last longer.

    Args:
        key: To be replaced.
        overlap: How long both work, 0 to 30 days.
        by: An administrator, or the key itself where it has the scope `rotate_keys` by name.
        expires_at: End of the new key; that of the old one unless given.

    Raises:
        Refused: `other_key`, a program rotates its own key alone; `scope`.
        InvalidInput: `overlap`; `expiry`, in the past or more than 366 days ahead.
        Conflict: `key_ended`, there is nothing to replace; `rotated_already`.
    """
    _require_may(by, key)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput("overlap", "Both keys work for 0 to 30 days.", field="overlap")
    with transaction.atomic():
        now = database_now()
        old = ApiKey.objects.select_for_update(of=("self",)).select_related("organization").get(pk=key.pk)
        _require_in_force(old, now)
        ends = expires_at or old.expires_at
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
            replaces=old,
        )
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
    if ApiKey.objects.filter(replaces=key).exists():
        raise Conflict("rotated_already", "This key was replaced already. Rotate the newer one.")


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
