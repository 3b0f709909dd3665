"""Uploaded files on their way in: photos one at a time, archives in place, never all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.files.uploadedfile import UploadedFile

from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.web.forms.jobs import is_archive
from recognition.actions import images
from recognition.actions.images import Received
from recognition.images import MAX_BYTES


def receive(
    files: Sequence[UploadedFile], *, organization: Organization, subject_from: str, by: Actor
) -> Received:
    """Receive photos and archives of photos as one upload.

    Django keeps files above 2.5 MB on disk, so that memory holds one photo at a time.

    Raises:
        InvalidInput: An archive as a whole is refused.
    """
    archives = [file for file in files if is_archive(file)]
    photos = [file for file in files if file not in archives]
    received = images.receive(organization=organization, files=_read(photos), subject_from="filename", by=by)
    for archive in archives:
        more = images.receive_archive(
            organization=organization,
            file=archive.file,  # type: ignore[arg-type]  # Django types it as any file
            subject_from=subject_from,
            by=by,
        )
        received.photos += more.photos
        received.rejected += more.rejected
    return received


def _read(files: Sequence[UploadedFile]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        # A byte more than allowed is enough for the check to refuse it.
        yield file.name or "photo", file.read(MAX_BYTES + 1)
