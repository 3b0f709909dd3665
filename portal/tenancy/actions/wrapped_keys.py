"""Wrapping data keys anew, under a newer key-encryption key or by another key service."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from portal.audit import actions as audit
from portal.common.envelope import EnvelopeError
from portal.tenancy import secrets, wrapping
from portal.tenancy.actor import Actor
from portal.tenancy.models import PlatformKey, StoredDataKey
from portal.tenancy.wrapping import KeyService


def rewrap(*, source: str = "", by: Actor) -> int:
    """Wrap every key that is not under the newest key-encryption key anew; returns how many were.

    A key at a time, each in a transaction of its own: cut short, it goes on where it was.

    Args:
        source: Dotted path of the service they are under; that of the settings unless given.
        by: Who asks.

    Raises:
        EnvelopeError: A key does not unwrap; those before it stay as they are now.
    """
    old, new = wrapping.service(source), wrapping.service()
    secrets.store_platform_keys(old)
    living = StoredDataKey.objects.living().order_by("pk").values_list("pk", flat=True)
    count = sum(_rewrap_one(StoredDataKey, pk, old, new) for pk in list(living))
    platform = PlatformKey.objects.order_by("pk").values_list("pk", flat=True)
    count += sum(_rewrap_one(PlatformKey, pk, old, new) for pk in list(platform))
    if count:
        with transaction.atomic():
            audit.record(verb="platform_keys.rewrapped", actor=by, target="platform", keys=count)
    return count


def _rewrap_one(
    model: type[StoredDataKey] | type[PlatformKey], pk: UUID, old: KeyService, new: KeyService
) -> int:
    """Wrap one key anew; 0 where it is so already, or was destroyed meanwhile."""
    with transaction.atomic():
        row = model._default_manager.select_for_update().get(pk=pk)
        wrapped = bytes(row.wrapped)
        if not wrapped or _is_done(wrapped, old, new):
            return 0
        row.wrapped = new.wrap(old.unwrap(wrapped))
        row.save(update_fields=["wrapped"])
    return 1


def _is_done(wrapped: bytes, old: KeyService, new: KeyService) -> bool:
    if old is new:
        return new.is_newest(wrapped)
    try:
        new.unwrap(wrapped)
    except EnvelopeError:
        return False
    return True
