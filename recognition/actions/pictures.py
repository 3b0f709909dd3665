"""Photos of synchronous calls: sent along and never stored, or stored already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.common.envelope import DataKey
from portal.common.errors import InvalidInput
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from recognition import ends, images, reimports, storage
from recognition.actions import images as uploads
from recognition.images import ImageInfo
from recognition.models import Image


@dataclass
class Picture:
    """One photo.

    Attributes:
        data: Its bytes as they were sent.
        name: As the sender calls it.
        stored: Instead: the row of one that is stored.
        read: Instead: what gives the bytes, asked once the call is cleared. May raise what it likes.
        require: What else has to hold of a photo that can be read. May raise what it likes.
    """

    data: bytes = b""
    name: str = ""
    stored: Image | None = None
    read: Callable[[], bytes] | None = None
    require: Callable[[ImageInfo], None] | None = None


@dataclass
class Opened:
    """A photo that was checked and may be looked at.

    Attributes:
        data: Its bytes.
        sha256: Of them.
        picture: Where it is from.
    """

    data: bytes
    sha256: str
    picture: Picture


def opened(picture: Picture, *, organization: Organization, key: DataKey) -> Opened:
    """Return a photo's bytes, checked. Outside any scope.

    Whether a JPEG is whole is left to the engine, which decodes it next, and to `kept`: read here too, it
    would take a tenth of the engine's time.

    Raises:
        InvalidInput: With the reason code of `images.glance`; `reimport`, it left another organization as
            part of a lead; `file_missing`.
    """
    data = _bytes_of(picture, key)
    info = images.glance(data)
    if picture.require is not None:
        picture.require(info)
    if reimports.digests_among([info.sha256], organization_id=organization.pk):
        raise InvalidInput(reimports.REIMPORT, reimports.SENTENCE, field="image")
    return Opened(data, info.sha256, picture)


def kept(photo: Opened, *, organization: Organization, by: Actor) -> Image:
    """Return the row of a photo that has to be kept, stored now where it was not. Outside any scope.

    Raises:
        Refused: `quota_stored_photos`; `permission`.
    """
    if photo.picture.stored is not None:
        return photo.picture.stored
    return uploads.upload(organization=organization, name=photo.picture.name, data=photo.data, by=by)


def _bytes_of(picture: Picture, key: DataKey) -> bytes:
    if picture.stored is not None:
        return _stored(picture.stored, key)
    return picture.read() if picture.read is not None else picture.data


def _stored(image: Image, key: DataKey) -> bytes:
    try:
        return storage.get(image.path, key=key, owner=image.pk)
    except FileNotFoundError:
        sentence = "The stored photo is not where it was put."
        raise InvalidInput(ends.FILE_MISSING, sentence, field="image") from None
