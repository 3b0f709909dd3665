"""Receiving files: in memory while small, else in a file that has no name and is gone with the process.

Django's own handler would leave photos of people readable under a name when a process dies. Its parser also
drops the folders of a file's name, by which whoever sends a folder says whom each photo shows.
"""

from __future__ import annotations

import html
import tempfile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser

_IN_MEMORY = 5_000_000


class NamelessUploadHandler(FileUploadHandler):
    """Keeps each file of a form in a spooled temporary file; `path` is its name with its folders."""

    file: IO[bytes]
    _inside = False

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
        self.file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep a piece of a file."""
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        """Hand a whole file on."""
        self.file.seek(0)
        path = self.file_name or ""
        made = UploadedFile(self.file, path, self.content_type, file_size, self.charset)
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
