"""Receiving photos: checked, sealed, stored, recorded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from portal.audit import actions as audit
from portal.common import outages
from portal.common.envelope import DataKey
from portal.common.errors import Conflict, DomainError, InvalidInput, Unavailable
from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import archives, images, quotas, storage
from recognition.actions import keeping
from recognition.manifests import LONGEST_NAME, Manifest, tidy
from recognition.models import CaseRecordPhoto, Face, Image, Item, Job

_TOGETHER = 100  # rows written in one transaction while an archive streams in


@dataclass(frozen=True)
class Photo:
    """A photo that was received, whom it shows where that is known, and what it is to be compared with."""

    image: Image
    subject: str = ""
    second: Image | None = None
    probe: Face | None = None  # only this enrolled face of it is searched for

    @property
    def images(self) -> tuple[Image, ...]:
        """The one photo, or both of a pair."""
        return (self.image,) if self.second is None else (self.image, self.second)


@dataclass
class Received:
    """What came of an upload: photos, and every file that is not among them with its reason code."""

    photos: list[Photo] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)


def upload(*, organization: Organization, name: str, data: bytes, by: Actor) -> Image:
    """Receive one photo.

    Raises:
        InvalidInput: With the reason code of `recognition.images.inspect`.
        Refused: `quota_stored_photos`.
        Unavailable: `store_full`.
    """
    require(by, Permission.UPLOAD, organization=organization)
    with tenant_scope(organization):
        quotas.require_room_for_photos(1)
    image = keep(organization, tidy(name), data, secrets.data_key(organization), by)
    with _undone([image]), tenant_scope(organization):
        quotas.claim_room_for_photos(1)
        write([image], by=by)
    return image


def receive(
    *, organization: Organization, files: Iterable[tuple[str, bytes]], subject_from: str, by: Actor
) -> Received:
    """Receive single photos; one that is refused is named and the rest goes on."""
    members = (archives.Member(*file) for file in files)
    return receive_members(organization, members, subject_from, Manifest(), by=by)


def receive_archive(*, organization: Organization, file: IO[bytes], subject_from: str, by: Actor) -> Received:
    """Receive a zip archive of photos, a member at a time.

    Args:
        organization: Whose photos.
        file: The archive; read in place.
        subject_from: Whom each photo shows: `filename`, `folder` or `manifest`.
        by: The uploader.

    Raises:
        InvalidInput: The archive as a whole is refused (`archive_…`, `manifest_format`).
    """
    named = archives.manifest(file) if subject_from == "manifest" else Manifest()
    return receive_members(organization, archives.members(file), subject_from, named, by=by)


def spooled(chunks: Iterable[bytes]) -> IO[bytes]:
    """Return a seekable file of streamed chunks, in memory while small, unnamed on disk when large."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115 - the caller closes it
    for chunk in chunks:
        file.write(chunk)
    file.seek(0)
    return file


def delete(*, image: Image, by: Actor) -> None:
    """Purge a photo that nothing needs.

    Raises:
        Conflict: `image_in_use`, while an enrolled face, a job or a case record refers to it; `kept`, a legal
            hold stands.
    """
    require(by, Permission.UPLOAD, organization=image.organization_id)
    with tenant_scope(image.organization_id):
        # Held first: a call that enrolls it right now is over before it is asked who needs it.
        Image.objects.select_for_update(of=("self",), no_key=True).get(pk=image.pk)
        if is_needed(image):
            raise Conflict(
                "image_in_use",
                "A gallery, a job or a case record uses this photo. Erase or remove it there first.",
            )
        keeping.require_free(image.organization_id)
        purge(image, by=by)
    storage.delete(image.path)


def discard(received: Received, *, by: Actor) -> None:
    """Destroy photos that were received and are used for nothing; those in use stay."""
    for image in {image for photo in received.photos for image in photo.images}:
        with suppress(Conflict):  # a photo of a case record stays where it was
            delete(image=image, by=by)


def is_needed(image: Image) -> bool:
    """Whether an enrolled face, a case record or a job refers to a photo, in the scope in force."""
    return not unneeded(Image.objects.filter(pk=image.pk)).exists()


def unneeded(rows: QuerySet[Image], *, besides: Iterable[Job] = ()) -> QuerySet[Image]:
    """Return those photos that no gallery, no case record and no job needs, but for some jobs. In scope."""
    own = {"image": OuterRef("pk")}
    items = Item.objects.filter(job__purged_at=None).exclude(job__in=[job.pk for job in besides])
    # Two questions instead of one with an OR, which no index answers.
    working = (items.filter(**own), items.filter(second=OuterRef("pk")))
    needing = (Face.objects.filter(**own), CaseRecordPhoto.objects.filter(**own), *working)
    return rows.filter(*(~Exists(reference.order_by()) for reference in needing), purged_at=None)


def hold_probes(photos: Sequence[Photo]) -> None:
    """Hold the faces that are searched for against erasure until the job refers to them. In scope.

    Raises:
        Conflict: `state_changed`, one was erased meanwhile.
    """
    keys = [photo.probe.pk for photo in photos if photo.probe]
    held = Face.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
    if keys and len(held.values_list("pk", flat=True)) < len(keys):
        raise Conflict("state_changed", "A face of this person was erased meanwhile. Submit again.")


def purge(image: Image, *, by: Actor) -> None:
    """Mark a photo as purged, inside the caller's scope; the caller then deletes the stored bytes."""
    Image.objects.filter(pk=image.pk).update(purged_at=Now(), name="", taken="")
    audit.record(verb="image.deleted", actor=by, target=image, organization=image.organization_id)


def purge_all(photos: Sequence[Image], *, by: Actor) -> None:
    """Mark many photos as purged, in two statements, inside the caller's scope."""
    if not photos:
        return
    Image.objects.filter(pk__in=[photo.pk for photo in photos]).update(purged_at=Now(), name="", taken="")
    about: list[tuple[Image, dict[str, Any]]] = [(photo, {}) for photo in photos]
    audit.record_many(verb="image.deleted", actor=by, about=about, organization=photos[0].organization_id)


def receive_members(
    organization: Organization,
    files: Iterable[archives.Member],
    subject_from: str,
    named: Manifest,
    *,
    by: Actor,
) -> Received:
    """Receive files that were taken apart already.

    Args:
        organization: Whose photos.
        files: Each with its bytes, or why it was not read.
        subject_from: `filename`, `folder` or `manifest`.
        named: What the manifest says of them.
        by: The uploader.
    """
    require(by, Permission.UPLOAD, organization=organization)
    received = Received()
    with tenant_scope(organization):
        room = quotas.PhotoRoom()
    # One file in memory at a time: the rows of a batch are gathered, its bytes are not. The key is opened for
    # each file: it may be renewed, and the old one destroyed, while an archive streams in.
    kept = (
        Photo(image, archives.subject_of(member.name, subject_from, named))
        for member in _within(room.left, files)
        if (image := _try(organization, member, secrets.data_key(organization), by, received, named))
    )
    try:
        for photos in _batches(kept):
            fitting = _insert(organization, [photo.image for photo in photos], room, by)
            received.photos += photos[:fitting]
            received.rejected += [_without_room(photo.image) for photo in photos[fitting:]]
    except Exception:
        discard(received, by=by)  # no job will ever need them, so nothing else would destroy them
        raise
    return received


def _batches(kept: Iterable[Photo]) -> Iterator[list[Photo]]:
    """Gather photos whose rows are written together; where that breaks off, their bytes go again."""
    batch: list[Photo] = []
    try:
        for photo in kept:
            batch.append(photo)
            if len(batch) == _TOGETHER:
                yield batch
                batch = []
    except Exception:
        for photo in batch:
            storage.delete(photo.image.path)
        raise
    if batch:
        yield batch


def _within(room: int, files: Iterable[archives.Member]) -> Iterator[archives.Member]:
    """Yield files; those beyond the room for photos have the limit as their reason, and no bytes are kept."""
    for member in files:
        yield member if room > 0 or member.reason else replace(member, reason=quotas.STORED)
        room -= not member.reason


def _try(
    organization: Organization,
    member: archives.Member,
    key: DataKey,
    by: Actor,
    received: Received,
    named: Manifest,
) -> Image | None:
    """Keep one file, or note why not."""
    try:
        if member.reason:
            raise InvalidInput(member.reason, "The archive's member was not read.")
        line = named.line_of(member.name)
        taken = line.taken if line else ""
        return keep(organization, member.name, member.data, key, by, taken=taken)
    except Unavailable:  # says nothing of this file
        raise
    except DomainError as error:
        received.rejected.append({"name": member.name[-LONGEST_NAME:], "reason": error.code})
        return None


def keep(
    organization: Organization, name: str, data: bytes, key: DataKey, by: Actor, *, taken: str = ""
) -> Image:
    """Check a photo and store its bytes, sealed; its row is the caller's to write.

    Raises:
        InvalidInput: With the reason code of `recognition.images.inspect`.
        Unavailable: `store_full`.
    """
    info = images.inspect(data)
    image = Image(
        id=uuid7(),
        organization=organization,
        name=name[-LONGEST_NAME:],
        taken=taken,
        sha256=info.sha256,
        key_version=key.version,
        size=len(data),
        format=info.format,
        width=info.width,
        height=info.height,
        uploaded_by=by.id,
    )
    storage.put(image.path, data, key=key, owner=image.pk)
    return image


def _insert(organization: Organization, rows: list[Image], room: quotas.PhotoRoom, by: Actor) -> int:
    """Write the rows of stored photos with an event each, as far as there is room; return how many."""
    with _undone(rows), tenant_scope(organization):
        fitting = room.claim(len(rows))
        write(rows[:fitting], by=by)
    for image in rows[fitting:]:
        storage.delete(image.path)
    return fitting


@contextmanager
def _undone(rows: Sequence[Image]) -> Iterator[None]:
    """Destroy the bytes of photos whose rows cannot be written.

    Where the database went away the rows may be there: `leftovers` looks for them later.
    """
    try:
        yield
    except BaseException as error:
        for image in () if outages.is_of_database(error) else rows:
            storage.delete(image.path)
        raise


def _without_room(image: Image) -> dict[str, str]:
    return {"name": image.name, "reason": quotas.STORED}


def write(rows: list[Image], *, by: Actor) -> None:
    """Write the rows of photos whose bytes are stored, with an event each. Inside the caller's scope."""
    if not rows:
        return
    owner = rows[0].organization_id
    secrets.hold(owner, {image.key_version for image in rows})
    Image.objects.bulk_create(rows)
    about = [(image, {"sha256": image.sha256, "size": image.size}) for image in rows]
    audit.record_many(verb="image.uploaded", actor=by, about=about, organization=owner)
