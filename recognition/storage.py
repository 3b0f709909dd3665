"""Photos at rest: sealed under their organization's data key, opened only on the way out."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.core.files.storage import default_storage

from portal.common import envelope, files
from portal.common.envelope import DataKey


def put(path: str, data: bytes, *, key: DataKey, owner: UUID) -> None:
    """Seal and store bytes under a name that is new.

    Args:
        path: Name in the store.
        data: What to store.
        key: Data key of the organization.
        owner: Id of the row the bytes belong to; they open for no other.

    Raises:
        Unavailable: `store_full`; nothing was stored.
    """
    files.save(path, envelope.seal(key, data, owner.bytes))


def get(path: str, *, key: DataKey, owner: UUID) -> bytes:
    """Return what was stored.

    Raises:
        EnvelopeError: `sealed_damaged`.
        FileNotFoundError: It was purged.
    """
    return b"".join(stream(path, key=key, owner=owner))


def stream(path: str, *, key: DataKey, owner: UUID) -> Iterator[bytes]:
    """Return what was stored, a segment at a time."""
    with default_storage.open(path, "rb") as file:
        yield from envelope.open_stream(key, file.read, owner.bytes)


def delete(path: str) -> None:
    """Remove stored bytes; quiet when they are gone already."""
    files.delete(path)


def reseal(path: str, *, key: DataKey, owner: UUID) -> None:
    """Seal what was stored anew under the newest key; its row is locked by the caller.

    Raises:
        EnvelopeError: `sealed_damaged`.
    """
    files.reseal(path, key=key, context=owner.bytes)
