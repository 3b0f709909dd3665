"""Stored bytes: saved whole or not at all, put in the place of others in one step, listed, deleted.

Whoever reads while bytes are replaced reads the old or the new.
"""

from __future__ import annotations

import errno
import heapq
import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.common import envelope
from portal.common.envelope import DataKey
from portal.common.errors import Unavailable
from portal.common.ids import uuid7

_DRAFT = ".new"
_GONE = 404
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL = (
    "There is no room to store anything at the moment, and nothing was stored. "
    "Whoever runs this installation has to make room; then send it again."
)
_FULL_SECONDS = 60


def save(path: str, data: bytes) -> None:
    """Store bytes under a name that is new; where that breaks off, nothing stays under it.

    Raises:
        Unavailable: `store_full`.
        FileExistsError: The name is in use: ids are unique, so this is damage, not chance.
    """
    if default_storage.exists(path):
        raise FileExistsError(path)
    try:
        kept = default_storage.save(path, ContentFile(data))
    except OSError as error:
        default_storage.delete(path)  # no row will ever name the half that was written
        if error.errno not in _NO_ROOM:
            raise
        raise Unavailable("store_full", _FULL, retry_seconds=_FULL_SECONDS) from error
    if kept != path:  # somebody took the name meanwhile, and the store dodged it
        default_storage.delete(kept)
        raise FileExistsError(path)


def reseal(path: str, *, key: DataKey, context: bytes) -> None:
    """Seal a stored file anew under the newest key; one that is so already stays as it is.

    The caller keeps its row locked, so that it is not erased meanwhile. A file that is gone stays gone.

    Raises:
        EnvelopeError: `sealed_damaged`.
        FileNotFoundError: Its folder is not there either: the store is not mounted.
    """
    try:
        stored = default_storage.open(path, "rb")
    except FileNotFoundError:
        if not _has_folder(path):
            raise
        return
    with stored as file:
        if file.read(envelope.HEAD) == key.head:
            return
        file.seek(0)
        _replace(path, envelope.seal_stream(key, envelope.open_stream(key, file.read, context), context))


def delete(path: str) -> None:
    """Remove stored bytes, and what a worker that died left beside them; quiet when they are gone already."""
    default_storage.delete(path)
    default_storage.delete(path + _DRAFT)


def listing(folder: str, *, after: str = "", most: int) -> list[str]:
    """Return names in a folder in their order; memory grows with their number, not with the folder's.

    Args:
        folder: Its path in the store; one that is not there is empty.
        after: Only names behind this one.
        most: How many at most.
    """
    try:
        root = Path(default_storage.path(folder))
    except NotImplementedError:
        return _objects(folder, after, most)
    try:
        with os.scandir(root) as entries:
            return heapq.nsmallest(most, (entry.name for entry in entries if entry.name > after))
    except FileNotFoundError:
        return []


def is_draft(path: str) -> bool:
    """Whether a stored file is what a worker writes before it takes another's place."""
    return path.endswith(_DRAFT)


def modified_at(path: str) -> datetime | None:
    """Return when stored bytes were written, by the clock of the store; None where they are gone."""
    try:
        return default_storage.get_modified_time(path)
    except FileNotFoundError:
        return None
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != _GONE:
            raise
        return None


def now() -> datetime:
    """Return what the clock of the store says, with which the age of stored bytes is reckoned."""
    name = default_storage.save(f"clock/{uuid7()}", ContentFile(b"now"))
    try:
        return default_storage.get_modified_time(name)
    finally:
        default_storage.delete(name)


def _objects(folder: str, after: str, most: int) -> list[str]:
    """Return names in a folder of an object store, which lists them in their order."""
    store: Any = default_storage
    prefix = f"{folder}/"
    found = store.bucket.objects.filter(Prefix=prefix, Marker=f"{prefix}{after}").limit(most)
    return [one.key.removeprefix(prefix) for one in found]


def _has_folder(path: str) -> bool:
    """Whether the folder of a file is there; an object store has none that could be missing."""
    try:
        return Path(default_storage.path(path)).parent.is_dir()
    except NotImplementedError:
        return True


def _replace(path: str, pieces: Iterable[bytes]) -> None:
    try:
        target = Path(default_storage.path(path))
    except NotImplementedError:  # an object store: what is saved under a name takes its place in one step
        _save_over(path, b"".join(pieces))
        return
    draft = Path(default_storage.path(path + _DRAFT))
    with draft.open("wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())  # before the name changes: power may fail
    shutil.copymode(target, draft)
    draft.replace(target)
    _settle(target.parent)


def _settle(folder: Path) -> None:
    """Write down a folder's names: the old key is destroyed soon, and power must not bring its file back."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _save_over(path: str, data: bytes) -> None:
    kept = default_storage.save(path, ContentFile(data))
    if kept != path:
        default_storage.delete(kept)
        raise FileExistsError(path)
