"""Documents at rest: sealed under the organization's data key, bound to the row they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.core.files.storage import default_storage

from compliance.models import Evidence
from portal.common import envelope, files
from portal.common.envelope import DataKey
from portal.tenancy import secrets


def put(evidence: Evidence, content: bytes) -> None:
    """Seal and store the bytes of a document under a name that is new, in the transaction of its row.

    Raises:
        Unavailable: `store_full`; nothing was stored.
    """
    key = secrets.sealing_key(evidence.organization_id)
    Evidence.objects.filter(pk=evidence.pk).update(key_version=key.version)
    files.save(evidence.path, envelope.seal(key, content, _context(evidence.pk)))


def stream(evidence: Evidence) -> Iterator[bytes]:
    """Return the bytes of a document, a segment at a time.

    Raises:
        EnvelopeError: `sealed_damaged`.
        FileNotFoundError: It was purged.
    """
    key = secrets.data_key(evidence.organization_id)
    with default_storage.open(evidence.path, "rb") as file:
        yield from envelope.open_stream(key, file.read, _context(evidence.pk))


def delete(evidence: Evidence) -> None:
    """Remove the bytes of a document; quiet when they are gone already."""
    files.delete(evidence.path)


def reseal(evidence: Evidence, key: DataKey) -> None:
    """Seal the bytes of a document anew under the newest key; its row is locked by the caller.

    Raises:
        EnvelopeError: `sealed_damaged`.
    """
    files.reseal(evidence.path, key=key, context=_context(evidence.pk))


def _context(key: UUID) -> bytes:
    return b"evidence" + key.bytes
