"""Uploaded files on their way in: photos one at a time, archives in place, never all of it in memory."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile

from portal.common.uploads import path_of
from recognition.actions.imports import File


def files_of(uploaded: Sequence[UploadedFile], *, folder: str = "") -> list[File]:
    """Return uploaded files as an import takes them.

    Args:
        uploaded: Photos, archives, or the files of a folder.
        folder: Put around their names, with a slash at the end: one side of a comparison.
    """
    return [File(_name(file, folder), file.file) for file in uploaded]  # type: ignore[arg-type]  # any file


def _name(file: UploadedFile, folder: str) -> str:
    """Return a file's name; an archive by the folder alone, for its members have names."""
    name = path_of(file)
    return folder if folder and is_archive(file) else f"{folder}{name}"


def is_archive(file: UploadedFile) -> bool:
    """Tell a ZIP file by its first bytes; names lie."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in {b"PK\x03\x04", b"PK\x05\x06"}
