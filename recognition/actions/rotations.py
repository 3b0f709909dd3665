"""Rotation of an organization's data key: what the old key sealed is sealed anew, then the old key destroyed.

It begins with the new key, which seals whatever is written from then on. Stored photos, documents and secrets
are opened and sealed again, some at a time; each row tells under which version it is sealed, so what is left
to do needs no memory and survives any worker. The old key is destroyed in a transaction that finds nothing
left under it; whoever sealed something with it and has not stored it yet is told to do so again
(`portal.tenancy.secrets.hold`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Now, Substr

from compliance import evidence as documents
from compliance.models import Evidence
from portal.audit import actions as audit
from portal.common import envelope
from portal.common.envelope import DataKey, EnvelopeError, KeyServiceSilent
from portal.common.errors import Conflict, InvalidInput
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, Organization, RotationReason, StoredDataKey
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.webhooks.models import Secret
from recognition import client, storage
from recognition.models import AccuracyPair, CaseRecord, CaseRecordPhoto, GalleryKey, Image

UPKEEP = Actor.system("upkeep")
ROWS_AT_ONCE, FILES_AT_ONCE = 500, 10
# Columns that hold something sealed, bound to the id of their row.
_COLUMNS: tuple[tuple[Any, str], ...] = (
    (GalleryKey, "seed"),
    (CaseRecord, "details"),
    (CaseRecordPhoto, "details"),
    (ApiKey, "signing_secret"),
    (Secret, "sealed"),
    (AccuracyPair, "sealed"),
)


@dataclass(frozen=True)
class Progress:
    """How far a rotation is: of all that is sealed, how much is under the newest key."""

    version: int
    total: int
    done: int
    running: bool


def start(*, organization: Organization, reason: str, by: Actor) -> None:
    """Give an organization a new data key; workers then seal anew what the old one sealed.

    Raises:
        InvalidInput: `reason`, none of `RotationReason`.
        Conflict: `rotation_running`, the last one has not ended.
    """
    require(by, Permission.RENEW_KEYS, organization=organization)
    if reason not in RotationReason.values:
        raise InvalidInput("reason", "Say why the key is renewed.", field="reason")
    with tenant_scope(organization):
        Organization.objects.select_for_update().get(pk=organization.pk)
        if _old_keys(organization.pk).exists():
            raise Conflict("rotation_running", "The data key is being renewed already.")
        made = secrets.add_version(organization, reason=reason, by=by.id)
        _record("data_key.renewed", organization, by, version=made.version, reason=reason)
        transaction.on_commit(client.wake_upkeep)


def progress(organization: Organization) -> Progress:
    """Return how far the last rotation is, in the scope in force."""
    newest = StoredDataKey.objects.filter(organization=organization).order_by("-version")[0]
    head = DataKey(b"", newest.version).head
    left = sum(rows.count() for rows in _left(organization.pk, head, newest.version))
    total = sum(rows.count() for rows in _sealed(organization.pk))
    return Progress(newest.version, total, total - left, _old_keys(organization.pk).exists())


def step(organization_id: UUID) -> bool:
    """Seal some of what is under an old key anew, or destroy the old key; False where none is left.

    Before: an organization has more than one living data key. After: less is sealed under an old one, or no
    old one lives. Idempotent; rows that another worker has in hand are left to it.
    """
    with tenant_scope(organization_id):
        if not _old_keys(organization_id).exists():
            return False
        # Held: should a further renewal begin meanwhile, its end waits for what this step seals.
        key = secrets.sealing_key(organization_id)
        return any(some(key, organization_id) for some in _KINDS) or _end(key, organization_id)


def organizations() -> list[UUID]:
    """Return the organizations whose data key is being renewed: they have more than one that lives."""
    rows = StoredDataKey.objects.living().order_by().values("organization")
    several = rows.annotate(number=models.Count("pk")).filter(number__gt=1)
    return list(several.order_by("organization").values_list("organization", flat=True))


def _sealed(organization_id: UUID) -> list[models.QuerySet[Any]]:
    """Return all rows with something sealed."""
    own = {"organization": organization_id}
    columns = [model.objects.filter(**own).exclude(**{name: b""}) for model, name in _COLUMNS]
    return [*columns, Image.objects.filter(purged_at=None), Evidence.objects.filter(**own)]


def _left(organization_id: UUID, head: bytes, version: int) -> list[models.QuerySet[Any]]:
    """Return the rows of each kind that are sealed under another key than the newest."""
    *columns, images, evidence = _sealed(organization_id)
    return [
        *(_other(rows, name, head) for rows, (_, name) in zip(columns, _COLUMNS, strict=True)),
        images.exclude(key_version=version),
        evidence.exclude(key_version=version),
    ]


def _other(rows: models.QuerySet[Any], name: str, head: bytes) -> models.QuerySet[Any]:
    start_ = Substr(name, 1, envelope.HEAD, output_field=models.BinaryField())
    return rows.annotate(sealed_head=start_).exclude(sealed_head=head)


def _columns(key: DataKey, organization_id: UUID) -> bool:
    """Seal small secrets anew that lie in columns; False where none is left."""
    left = _left(organization_id, key.head, key.version)[: len(_COLUMNS)]
    for rows, (model, name) in zip(left, _COLUMNS, strict=True):
        some = list(_taken(rows)[:ROWS_AT_ONCE])
        for row in some:
            opened = envelope.open_sealed(key, bytes(getattr(row, name)), row.pk.bytes)
            setattr(row, name, envelope.seal(key, opened, row.pk.bytes))
        if some:
            model.objects.bulk_update(some, [name])
            return True
    return False


def _images(key: DataKey, organization_id: UUID) -> bool:
    rows = _left(organization_id, key.head, key.version)[-2]
    return _files(rows, lambda image: storage.reseal(image.path, key=key, owner=image.pk), key)


def _evidence(key: DataKey, organization_id: UUID) -> bool:
    rows = _left(organization_id, key.head, key.version)[-1]
    return _files(rows, lambda document: documents.reseal(document, key), key)


def _files(rows: models.QuerySet[Any], reseal: Callable[[Any], None], key: DataKey) -> bool:
    """Seal some files anew, each in its place; their rows are locked, so that none is erased meanwhile.

    A file that was replaced before its worker died is found under the new key and only noted.
    """
    some = list(_taken(rows)[:FILES_AT_ONCE])
    for row in some:
        try:
            reseal(row)
        except KeyServiceSilent:  # which says nothing about the file
            raise
        except EnvelopeError:  # no key opens it, so none is kept alive for it
            audit.record(
                verb="data_key.unreadable", actor=UPKEEP, target=row, organization=row.organization_id
            )
    if some:
        some[0].__class__.objects.filter(pk__in=[row.pk for row in some]).update(key_version=key.version)
    return bool(some)


def _taken(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return rows.order_by("pk").select_for_update(of=("self",), skip_locked=True, no_key=True)


def _end(key: DataKey, organization_id: UUID) -> bool:
    """Destroy the old keys, once nothing is sealed under them; False while another worker has the last rows.

    Locked first: whoever holds an old key for something that is not stored yet is waited for, and seen. Only
    keys older than the one that was looked for go: it may be an old one itself by now.
    """
    rows = _old_keys(organization_id).filter(version__lt=key.version)
    old = list(rows.select_for_update())
    if not old or any(rows.exists() for rows in _left(organization_id, key.head, key.version)):
        return False
    StoredDataKey.objects.filter(pk__in=[row.pk for row in old]).update(wrapped=b"", destroyed_at=Now())
    organization = Organization.objects.get(pk=organization_id)
    for row in old:
        _record("data_key.destroyed", organization, UPKEEP, version=row.version)
    return True


def _old_keys(organization_id: UUID) -> models.QuerySet[StoredDataKey]:
    living = StoredDataKey.objects.living().filter(organization=organization_id)
    newest = living.order_by("-version").values("version")[:1]
    return living.exclude(version=models.Subquery(newest))


def _record(verb: str, organization: Organization, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=organization, organization=organization.pk, **payload)


_KINDS = (_columns, _images, _evidence)
