"""Receiving files: in memory while small, else in a file that has no name and is gone with the process.

Django's own handler would leave photos of people readable under a name when a process dies.
"""

from __future__ import annotations

import tempfile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework.request import Request

from portal.api.errors import BodyTooLarge

_IN_MEMORY = 5_000_000
MOST_OF_A_FORM = 4_000_000_000  # bytes, files included: one archive of about 20,000 photos
MOST_OF_JSON = 5_000_000  # bytes: a job's 50,000 image ids take 1.7 MB


class NamelessUploadHandler(FileUploadHandler):
    """Keeps each file of a form in a spooled temporary file."""

    file: IO[bytes]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile:
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size, self.charset)


def prepare(request: Request) -> None:
    """Bound the body and choose how files are received, before anything of the body is read.

    Raises:
        BodyTooLarge: By the length that the request declares; the server reads no more than that.
    """
    is_form = (request.content_type or "").startswith("multipart/")
    if _length(request) > (MOST_OF_A_FORM if is_form else MOST_OF_JSON):
        raise BodyTooLarge()
    request._request.upload_handlers = [NamelessUploadHandler(request._request)]


def _length(request: Request) -> int:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isdecimal() else 0
