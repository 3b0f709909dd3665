"""The photo of a call: its bytes in the call itself, or an object in the operator's store."""

from __future__ import annotations

from functools import partial
from typing import Any

from portal.aws.calls import WireCall
from portal.aws.errors import FORMATS, WireError
from portal.common.errors import InvalidInput
from recognition.actions import photo_stores
from recognition.actions.pictures import Picture
from recognition.images import ImageInfo

LEAST_SIDE = 80  # pixels
_FORMATS = ("JPEG", "PNG")


def picture_of(call: WireCall, member: str = "Image") -> Picture:
    """Return the photo that a member of the input holds or names; it is looked at once the call is cleared.

    Raises:
        WireError: `InvalidParameterException`, it holds neither bytes nor an object, or both.
    """
    given = call[member]
    if ("Bytes" in given) == ("S3Object" in given):
        raise _invalid(f"{member} has either Bytes or an S3Object.")
    if "S3Object" in given and not given["S3Object"].keys() >= {"Bucket", "Name"}:
        raise _invalid(f"The S3Object of {member} has a Bucket and a Name.")
    return Picture(read=partial(_bytes_of, call, given), require=_require)


def _bytes_of(call: WireCall, given: dict[str, Any]) -> bytes:
    """Return the bytes of a photo.

    Raises:
        InvalidInput: `s3_object`.
        Unavailable: `s3_away`.
    """
    # Taken out of the input, so that it is not held in memory while the call waits for its answer.
    data: bytes = given.pop("Bytes") if "Bytes" in given else _fetched(call, given["S3Object"])
    return data


def _require(photo: ImageInfo) -> None:
    """Let on what this interface takes.

    Raises:
        WireError: `InvalidParameterException`, it is too small.
        InvalidInput: `image_format`.
    """
    if photo.format not in _FORMATS:
        raise InvalidInput("image_format", FORMATS)
    if min(photo.width, photo.height) < LEAST_SIDE:
        raise _invalid(f"The image is smaller than {LEAST_SIDE} pixels on a side.")


def _fetched(call: WireCall, named: dict[str, str]) -> bytes:
    return photo_stores.read(
        organization=call.organization,
        bucket=named["Bucket"],
        name=named["Name"],
        version=named.get("Version", ""),
    )


def _invalid(message: str) -> WireError:
    return WireError("InvalidParameterException", message, x_countenance_code="image")
