"""Stored bytes put in the place of others in one step: whoever reads meanwhile reads the old or the new."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.common import envelope
from portal.common.envelope import DataKey

_DRAFT = ".new"


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
