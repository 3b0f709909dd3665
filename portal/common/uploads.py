"""Receiving files: in memory while small, else in a file that has no name and is gone with the process.

Django's own handler would leave photos of people readable under a name when a process dies. Its parser also
drops the folders of a file's name, by which whoever sends a folder says whom each photo shows.
"""

from __future__ import annotations

import html
import io
import os
import tempfile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser

_IN_MEMORY = 5_000_000  # bytes of a whole form: a folder of photos would fill memory file by file


class Whole:
    """All files of a form, one behind the other; gone when the last of them is closed."""

    def __init__(self) -> None:
        """Make it: one, however many files come, for a process may open few."""
        self.bytes: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see `leave`
        self.parts = 0

    def leave(self) -> None:
        """Note that a file was closed."""
        self.parts -= 1
        if not self.parts:
            self.bytes.close()


class Part(io.RawIOBase):
    """One file of a form: a stretch of what holds all of them."""

    def __init__(self, whole: Whole) -> None:
        """Begin behind what is held already; nothing else is written until this file is complete."""
        whole.bytes.seek(0, os.SEEK_END)
        self._whole, self._start = whole, whole.bytes.tell()
        self._size = self._at = 0
        whole.parts += 1

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes: archives are read from their end."""
        return True

    def write(self, data: Any) -> int:
        """Add bytes at the end."""
        self._whole.bytes.seek(self._start + self._size)
        self._whole.bytes.write(data)
        self._size += len(data)
        return len(data)

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes, all that are left by default."""
        left = max(self._size - self._at, 0)
        self._whole.bytes.seek(self._start + self._at)
        data = self._whole.bytes.read(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there are bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in this file."""
        place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if place < 0:
            raise OSError("There is nothing before the beginning of a file.")
        self._at = place
        return place

    def tell(self) -> int:
        """Return the place in this file."""
        return self._at

    def close(self) -> None:
        """Let go of it; the bytes go with the last file of the form."""
        if not self.closed:
            super().close()
            self._whole.leave()


class NamelessUploadHandler(FileUploadHandler):
    """Keeps all files of a form in one spooled temporary file; `path` is a name with its folders."""

    file: Part
    _inside = False
    _whole: Whole | None = None

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - Django names it
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> Any:
        """Parse the form with a parser that keeps folders; the files come back to this handler."""
        if self._inside:
            return None
        self._inside = True
        return _KeepsFolders(META, input_data, [self], encoding).parse()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        if self._whole is None or not self._whole.parts:
            self._whole = Whole()
        self.file = Part(self._whole)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece of a file."""
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        """Hand a whole file on."""
        self.file.seek(0)
        path = self.file_name or ""
        whole: Any = self.file
        made = UploadedFile(whole, path, self.content_type, file_size, self.charset)
        made.path = path  # type: ignore[attr-defined]  # what `name` loses: its folders
        return made


class _KeepsFolders(MultiPartParser):
    """Leaves the folders in the names of files. Nothing is ever written under such a name."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        """Return the name without what cannot be shown; one that leads out is refused by the import."""
        name = html.unescape(file_name).replace("\\", "/")
        shown = "".join(sign for sign in name if sign.isprintable())
        return None if shown.rsplit("/", 1)[-1] in {"", ".", ".."} else shown


def path_of(file: UploadedFile[Any]) -> str:
    """Return the name of an uploaded file with its folders, where the sender gave them."""
    return str(getattr(file, "path", "") or file.name or "")
