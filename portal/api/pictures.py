"""The photo of a synchronous call: sent along, or stored already."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api import orders
from portal.api.authentication import Caller
from recognition.actions.pictures import Picture
from recognition.images import MAX_BYTES

LOOKED_AT = "JPEG, PNG or WebP, at most 15 MB. It is looked at and not kept."


def file_field(words: str = LOOKED_AT) -> serializers.FileField:
    """Return the field of a photo that is sent along."""
    return serializers.FileField(required=False, allow_empty_file=True, help_text=words)


def image_field() -> serializers.CharField:
    """Return the field of a photo that is stored."""
    return serializers.CharField(required=False, help_text="Instead of a file: a photo that is stored.")


def one_of(attrs: dict[str, Any], *names: str) -> dict[str, Any]:
    """Let values on that have exactly one of some.

    Raises:
        ValidationError: They have none, or several.
    """
    if len([name for name in names if name in attrs]) != 1:
        raise serializers.ValidationError({names[0]: [f"Send one of {', '.join(names)}."]})
    return attrs


def picture_of(values: dict[str, Any], caller: Caller, file: str = "file", image: str = "image") -> Picture:
    """Return a photo that was sent, or that is stored. Opens its own scope.

    Args:
        values: Of the request; a file that was sent is taken out of them.
        caller: Whose key reaches the stored one.
        file: Name of the one field.
        image: Of the other.

    Raises:
        InvalidInput: `unknown_image`.
    """
    if image in values:
        return Picture(stored=orders.photos_of([values.pop(image)], caller)[0])
    sent = values.pop(file)
    return Picture(sent.read(MAX_BYTES + 1), sent.name or "")
