"""Re-key of a gallery: its templates are turned out of one secret rotation and into a new one.

It begins with the new key; from then on new faces take it, and those under the old one are turned some at a
time. What is left to do is told by the faces themselves, so a step may be taken by anybody, twice at once, or
never end: what did not commit is simply still to be done. Searches know both keys meanwhile. With the last
face the old key is destroyed, and a stolen copy of the table compares with nothing that is stored any more.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import F

from portal.audit import actions as audit
from portal.common import envelope
from portal.common.envelope import DataKey
from portal.common.errors import Conflict, InvalidInput
from portal.common.ids import uuid7
from portal.tenancy import directory, secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import client, grants, matrices
from recognition.engine import protect
from recognition.engine.types import Float32
from recognition.models import Face, Gallery, GalleryKey, RekeyReason

UPKEEP = Actor.system("upkeep")
AT_ONCE = 1_000  # faces turned in one transaction
_SEED_BYTES = 32

_OLD = """
SELECT id, key_version, template FROM recognition_face
WHERE organization_id = %s AND gallery_id = %s AND key_version < %s
LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
_TURNED = """
UPDATE recognition_face AS face SET template = turned.template::vector, key_version = %s
FROM unnest(%s::uuid[], %s::text[]) AS turned (id, template)
WHERE face.organization_id = %s AND face.id = turned.id AND face.key_version < %s
"""


@dataclass(frozen=True)
class Progress:
    """How far a re-key is: so many of the gallery's faces are stored under the newest key."""

    version: int
    faces: int
    turned: int
    running: bool


def start(*, gallery: Gallery, reason: str, by: Actor) -> None:
    """Give a gallery a new key; workers then turn its templates. Nothing that is searched changes.

    Raises:
        InvalidInput: `reason`, none of `RekeyReason`.
        Conflict: `rekey_running`, the last one has not ended; `reembed_running`.
        Refused: `gallery_deleted`.
    """
    require(by, Permission.RENEW_KEYS, organization=gallery.organization_id)
    if reason not in RekeyReason.values:
        raise InvalidInput("reason", "Say why the key is renewed.", field="reason")
    with tenant_scope(gallery.organization_id) as organization_id:
        locked = Gallery.objects.locked().get(pk=gallery.pk)
        grants.require_use(by, locked)
        if locked.next_pipeline:
            raise Conflict(
                "reembed_running", "This gallery is being re-embedded. Cancel that, or let it end."
            )
        if _old_keys(locked).exists():
            raise Conflict("rekey_running", "This gallery is being re-keyed already.")
        Gallery.objects.filter(pk=locked.pk).update(key_version=F("key_version") + 1)
        locked.refresh_from_db()
        make_key(locked, secrets.sealing_key(organization_id), reason=reason, by=by)
        _record(locked, "gallery.rekey_started", by, reason=reason, faces=_faces(locked).count())
        transaction.on_commit(client.wake_upkeep)


def progress(gallery: Gallery) -> Progress:
    """Return how far the last re-key of a gallery is, in the scope in force."""
    turned = _faces(gallery).filter(key_version=gallery.key_version).count()
    faces, running = _faces(gallery).count(), _old_keys(gallery).exists()
    return Progress(gallery.key_version, faces, turned, running)


def make_key(gallery: Gallery, key: DataKey, *, by: Actor, reason: str = RekeyReason.FIRST) -> None:
    """Make the secret seed of a gallery's present key version, inside the caller's scope."""
    key_id = uuid7()
    GalleryKey.objects.create(
        id=key_id,
        organization_id=gallery.organization_id,
        gallery=gallery,
        version=gallery.key_version,
        seed=envelope.seal(key, os.urandom(_SEED_BYTES), key_id.bytes),
        reason=reason,
        created_by=by.id,
    )


def step(organization_id: UUID) -> bool:
    """Turn some faces of a gallery that is being re-keyed, or end its re-key; False where none is left.

    Before: a gallery has more than one key. After: fewer of its faces are under an old one, or there is no
    old one any more. Idempotent; rows that another worker has in hand are left to it.
    """
    with tenant_scope(organization_id):
        key = _outdated().order_by("pk").select_related("gallery").first()
        if key is None:
            return False
        return _turn_some(key.gallery) or _end(key.gallery)


def organizations() -> list[UUID]:
    """Return the organizations in which a gallery is being re-keyed."""
    return directory.organizations_with(_outdated)


def _outdated() -> Any:
    return GalleryKey.objects.filter(version__lt=F("gallery__key_version"), gallery__deleted_at=None)


def _turn_some(gallery: Gallery) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_OLD, [gallery.organization_id, gallery.pk, gallery.key_version, AT_ONCE])
        rows = cursor.fetchall()
        if not rows:
            return False
        alike = [row for row in rows if row[2].count(",") == rows[0][2].count(",")]  # of nets of one size
        names, versions, texts = zip(*alike, strict=True)
        templates = np.stack([protect.from_text(text) for text in texts])
        turned = _renewed(gallery, np.array(versions), templates)
        values: list[Any] = [gallery.key_version, list(names), [protect.to_text(one) for one in turned]]
        cursor.execute(_TURNED, [*values, gallery.organization_id, gallery.key_version])
    return True


def _renewed(gallery: Gallery, versions: Any, templates: Float32) -> Float32:
    turns = matrices.turns(gallery, secrets.data_key(gallery.organization_id), templates.shape[1])
    turned = np.empty_like(templates)
    for version in np.unique(versions):
        own = versions == version
        turned[own] = protect.renew(templates[own], turns[int(version)], turns[gallery.key_version])
    return turned


def _end(gallery: Gallery) -> bool:
    """Destroy the old keys, once no face is under them; False while another worker has the last ones.

    Whoever enrolls holds the gallery's lock and takes the newest key, so none comes after the look.
    """
    locked = Gallery.objects.locked().get(pk=gallery.pk)
    left = _faces(locked).filter(key_version__lt=locked.key_version).exists()
    if left or locked.deleted_at or not _old_keys(locked).exists():
        return False
    _old_keys(locked).delete()
    Gallery.objects.filter(pk=locked.pk).update(version=F("version") + 1)  # no worker keeps the old rotation
    _record(locked, "gallery.rekeyed", UPKEEP, faces=_faces(locked).count())
    return True


def _old_keys(gallery: Gallery) -> Any:
    return GalleryKey.objects.filter(gallery=gallery, version__lt=gallery.key_version)


def _faces(gallery: Gallery) -> Any:
    return Face.objects.filter(gallery=gallery)


def _record(gallery: Gallery, verb: str, by: Actor, **payload: Any) -> None:
    audit.record(
        verb=verb,
        actor=by,
        target=gallery,
        organization=gallery.organization_id,
        version=gallery.key_version,
        **payload,
    )
