"""Data keys of organizations, open for the length of a call; and how one is put in place of another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from portal.common import envelope, planned
from portal.common.envelope import DataKey
from portal.common.errors import Conflict
from portal.tenancy import wrapping
from portal.tenancy.models import Organization, PlatformKey, StoredDataKey
from portal.tenancy.scope import current
from portal.tenancy.wrapping import KeyService

PLATFORM_USES = ("exported-images",)
_HOLD = """
SELECT 1 FROM tenancy_storeddatakey
WHERE organization_id = %s AND version = ANY(%s) AND destroyed_at IS NULL FOR KEY SHARE
"""
_LIVING = """
SELECT wrapped, version FROM tenancy_storeddatakey
WHERE organization_id = %s AND destroyed_at IS NULL ORDER BY version DESC
"""
_platform: dict[tuple[Any, str], bytes] = {}


@dataclass(frozen=True)
class OpenKeys(DataKey):
    """Data keys of one organization; a version made since they were opened is looked up when it is met."""

    organization_id: UUID | None = field(default=None, repr=False)

    def that_made(self, version: int) -> Sequence[DataKey]:
        known = super().that_made(version)
        if known or self.organization_id is None:
            return known
        return DataKey.that_made(_opened(self.organization_id), version)


def add_version(organization: Organization | UUID, *, reason: str, by: str) -> StoredDataKey:
    """Make a data key, the first or a further one, inside the caller's transaction; it seals from now on."""
    organization_id = _id_of(organization)
    newest = StoredDataKey.objects.filter(organization=organization_id).order_by("-version").first()
    return StoredDataKey.objects.create(
        organization_id=organization_id,
        version=newest.version + 1 if newest else 1,
        wrapped=wrapping.service().wrap(envelope.new_secret()),
        reason=reason,
        created_by=by,
    )


def data_key(organization: Organization | UUID) -> DataKey:
    """Open an organization's data keys: the newest seals, all open what they sealed. Read once a scope."""
    organization_id, scope = _id_of(organization), current()
    if scope is None:
        return _opened(organization_id)
    if organization_id not in scope.opened:
        scope.opened[organization_id] = _opened(organization_id)
    key: DataKey = scope.opened[organization_id]
    return key


def _opened(organization_id: UUID) -> OpenKeys:
    service, rows = wrapping.service(), planned.rows(_LIVING, [organization_id])
    newest, *older = [DataKey(service.unwrap(bytes(wrapped)), version) for wrapped, version in rows]
    return OpenKeys(newest.secret, newest.version, tuple(older), organization_id)


def sealing_key(organization: Organization | UUID) -> DataKey:
    """Open an organization's data keys for sealing something that the caller's transaction stores."""
    key = data_key(organization)
    hold(organization, [key.version])
    return key


def hold(organization: Organization | UUID, versions: Iterable[int]) -> None:
    """Keep the versions that sealed something alive until the caller's transaction has stored it.

    Raises:
        Conflict: `key_destroyed`; one was replaced and destroyed since it was opened.
    """
    wanted = sorted(set(versions))
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [_id_of(organization), wanted])
        if len(cursor.fetchall()) < len(wanted):
            raise Conflict("key_destroyed", "The data key was renewed meanwhile. Please try again.")


def platform_key(use: str) -> bytes:
    """Return a key of the platform for one use; it stays the same when the key-encryption key is replaced.

    Args:
        use: What it is for; two uses have nothing in common.
    """
    known = (connection.settings_dict["NAME"], use)
    if known not in _platform:
        _platform[known] = _kept_platform_key(use)
    return _platform[known]


def store_platform_keys(service: KeyService) -> None:
    """Store those keys of the platform that were never used, as they would be made now."""
    for use in PLATFORM_USES:
        _stored(use, service)


def _kept_platform_key(use: str) -> bytes:
    service = wrapping.service()
    return service.unwrap(bytes(_stored(use, service).wrapped))


def _stored(use: str, service: KeyService) -> PlatformKey:
    row = PlatformKey.objects.filter(use=use).first()
    if row is not None:
        return row
    derived = getattr(service, "derived", None)
    made = service.wrap(derived(use) if derived else envelope.new_secret())
    row, _ = PlatformKey.objects.get_or_create(use=use, defaults={"wrapped": made})
    return row


def _id_of(organization: Organization | UUID) -> UUID:
    return organization if isinstance(organization, UUID) else organization.pk
