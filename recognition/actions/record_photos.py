"""Photos of a case record: kept with their dates, flags and notes."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError

from portal.common.errors import Conflict, DomainError, InvalidInput
from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import details as sealed
from recognition import storage
from recognition.actions import images, keeping, records
from recognition.details import PhotoDetails
from recognition.models import CaseRecord, CaseRecordPhoto, Image

LONGEST_NOTE = 500
MOST_PHOTOS = 200
_TAKEN = "The day of the photo"


def add(
    *,
    record: CaseRecord,
    image: Image,
    details: PhotoDetails,
    edited: bool = False,
    age_progressed: bool = False,
    by: Actor,
) -> CaseRecordPhoto:
    """Add a photo that was uploaded, say for a search, to a record.

    Raises:
        InvalidInput: `date_format`, `date_future`, `date_order`, `note_too_long`, `image_purged`.
        Conflict: `case_closed`, `photo_there`, `too_many_photos`.
        Refused: The rule that refuses abuse material here.
    """
    require(by, Permission.MANAGE_CASES, organization=record.organization_id)
    records.require_lawful_holder(record, by)
    photo = _new(record, image, edited, age_progressed, by)
    _insert(photo, record, image, details, by)
    return photo


def receive(
    *,
    record: CaseRecord,
    name: str,
    data: bytes,
    details: PhotoDetails,
    edited: bool = False,
    age_progressed: bool = False,
    by: Actor,
) -> CaseRecordPhoto:
    """Receive a photo for a record; where it is not added it is not kept.

    Raises:
        InvalidInput: With the reason code of `recognition.images.inspect`; as for `add`.
        Conflict: As for `add`.
        Refused: As for `add`.
    """
    require(by, Permission.MANAGE_CASES, organization=record.organization_id)
    records.require_lawful_holder(record, by)  # before a byte is kept
    organization = Organization.objects.get(pk=record.organization_id)
    image = images.upload(organization=organization, name=name, data=data, by=by)
    photo = _new(record, image, edited, age_progressed, by)
    try:
        _insert(photo, record, image, details, by)
    except DomainError:
        images.delete(image=image, by=by)
        raise
    return photo


def change(
    *,
    photo: CaseRecordPhoto,
    by: Actor,
    taken: str | None = None,
    note: str | None = None,
    edited: bool | None = None,
    age_progressed: bool | None = None,
) -> CaseRecordPhoto:
    """Change what is known of a photo; what is left out stays.

    Raises:
        InvalidInput: `date_format`, `date_future`, `date_order`, `note_too_long`.
        Conflict: `case_closed`.
    """
    require(by, Permission.MANAGE_CASES, organization=photo.organization_id)
    with tenant_scope(photo.organization_id):
        record = records.lock_open(CaseRecord.objects.get(pk=photo.record_id))
        stated = {name: value for name, value in {"taken": taken, "note": note}.items() if value is not None}
        known = replace(details_of(photo), **stated)
        _check(record, known)
        photo.details = _seal(photo, known)
        photo.edited = photo.edited if edited is None else edited
        photo.age_progressed = photo.age_progressed if age_progressed is None else age_progressed
        photo.save(update_fields=["details", "edited", "age_progressed"])
        records.note(record, "record.photo_changed", by, image=photo.image.public_id)
    return photo


def remove(*, photo: CaseRecordPhoto, by: Actor) -> None:
    """Take a photo out of a record; it is destroyed where no gallery and no job needs it.

    Raises:
        Conflict: `case_closed`; `kept`, a legal hold stands.
    """
    require(by, Permission.MANAGE_CASES, organization=photo.organization_id)
    with tenant_scope(photo.organization_id):
        record = records.lock_open(CaseRecord.objects.get(pk=photo.record_id))
        image = Image.objects.get(pk=photo.image_id)
        keeping.require_free(photo.organization_id, record.public_id)
        CaseRecordPhoto.objects.filter(pk=photo.pk).delete()
        unneeded = not images.is_needed(image)
        if unneeded:
            images.purge(image, by=by)
        records.note(record, "record.photo_removed", by, image=image.public_id)
    if unneeded:
        storage.delete(image.path)


def details_of(photo: CaseRecordPhoto) -> PhotoDetails:
    """Return what is known of a photo, opened."""
    key = secrets.data_key(photo.organization)
    return sealed.opened(PhotoDetails, photo.details, owner=photo.pk, key=key)


def _new(record: CaseRecord, image: Image, edited: bool, age_progressed: bool, by: Actor) -> CaseRecordPhoto:
    return CaseRecordPhoto(
        id=uuid7(),
        organization_id=record.organization_id,
        record=record,
        image=image,
        edited=edited,
        age_progressed=age_progressed,
        added_by=by.id,
    )


def _insert(
    photo: CaseRecordPhoto, record: CaseRecord, image: Image, details: PhotoDetails, by: Actor
) -> None:
    try:
        with tenant_scope(record.organization_id):
            _check(records.lock_open(record), details)
            _check_room(record, image)
            photo.details = _seal(photo, details)
            photo.save(force_insert=True)
            records.note(record, "record.photo_added", by, image=image.public_id)
    except IntegrityError:
        raise Conflict("photo_there", "This photo is in the record already.", field="image") from None


def _seal(photo: CaseRecordPhoto, details: PhotoDetails) -> bytes:
    return sealed.seal(details, owner=photo.pk, key=secrets.sealing_key(photo.organization_id))


def _check(record: CaseRecord, details: PhotoDetails) -> None:
    if len(details.note) > LONGEST_NOTE:
        sentence = f"A note has at most {LONGEST_NOTE} characters."
        raise InvalidInput("note_too_long", sentence, field="note")
    taken = records.day_or_year(details.taken, "taken", _TAKEN)
    born = records.details_of(record).born_span
    if taken and born and taken.last < born.first:
        sentence = "The photo would be older than the person. Mend its day or the date of birth."
        raise InvalidInput("date_order", sentence, field="taken")


def _check_room(record: CaseRecord, image: Image) -> None:
    if Image.objects.filter(pk=image.pk, purged_at=None).first() is None:
        raise InvalidInput("image_purged", "This photo was purged. Upload it again.", field="image")
    if CaseRecordPhoto.objects.filter(record=record).count() >= MOST_PHOTOS:
        raise Conflict("too_many_photos", f"A case record holds at most {MOST_PHOTOS} photos.")
