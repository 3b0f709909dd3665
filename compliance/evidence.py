"""Documents at rest: sealed under the organization's data key, bound to the row they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from compliance.models import Evidence
from portal.common import envelope
from portal.tenancy import secrets


def put(evidence: Evidence, content: bytes) -> None:
    """Seal and store the bytes of a document under a name that is new."""
    sealed = envelope.seal(secrets.data_key(evidence.organization), content, _context(evidence.pk))
    kept = default_storage.save(evidence.path, ContentFile(sealed))
    if kept != evidence.path:  # ids are unique, so a name in use is damage, not chance
        default_storage.delete(kept)
        raise FileExistsError(evidence.path)


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
    default_storage.delete(evidence.path)


def _context(key: UUID) -> bytes:
    return b"evidence" + key.bytes
