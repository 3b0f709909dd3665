"""Honest variants of one real photo: cropped, turned, darkened, recompressed, mirrored.

They stand in where a person has only one photo. They are easier than a second photo taken on another day,
so every table that shows them says which they are.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from PIL import Image, ImageEnhance, ImageOps

from portal.web.demo.photos import Photo

TURNED_DEGREES = 7.0
DARKENED_TO = 0.45  # of the brightness
CROPPED_BY = 0.12  # of each side
RECOMPRESSED_QUALITY = 30  # JPEG, of 95
SHRUNK_TO = 0.6  # of each side, together with the recompression
_QUALITY = 90


def all_of(photo: Photo) -> list[Photo]:
    """Return every variant of a photo; the same photo gives the same bytes."""
    with Image.open(io.BytesIO(photo.data)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    return [_variant(photo, picture, treatment) for treatment in TREATMENTS]


def _variant(photo: Photo, picture: Image.Image, treatment: str) -> Photo:
    change, quality = TREATMENTS[treatment]
    buffer = io.BytesIO()
    change(picture).save(buffer, "JPEG", quality=quality)
    name = f"{PurePath(photo.name).stem}-{treatment.partition(' ')[0]}.jpg"
    return replace(photo, name=name, data=buffer.getvalue(), treatment=treatment)


def _crop(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    left, top = round(width * CROPPED_BY), round(height * CROPPED_BY / 3)
    return picture.crop((left, top, width - left, height - left))


def _turn(picture: Image.Image) -> Image.Image:
    return picture.rotate(TURNED_DEGREES, Image.Resampling.BICUBIC)


def _darken(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(DARKENED_TO)


def _shrink(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.resize((round(width * SHRUNK_TO), round(height * SHRUNK_TO)), Image.Resampling.LANCZOS)


TREATMENTS: dict[str, tuple[Callable[[Image.Image], Image.Image], int]] = {
    "cropped": (_crop, _QUALITY),
    f"turned {TURNED_DEGREES:.0f}°": (_turn, _QUALITY),
    "darkened": (_darken, _QUALITY),
    "recompressed and smaller": (_shrink, RECOMPRESSED_QUALITY),
    "mirrored": (ImageOps.mirror, _QUALITY),
}
