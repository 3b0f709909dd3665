"""Bytes of a photo to upright RGB pixels. Pillow and numpy only."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from recognition.engine.types import Pixels
from recognition.images import format_of, open_checked, orientation, truncated, upright_size

# Detection looks at no more than this many pixels a side, so a JPEG of twice that is decoded at half size.
DETECTION_SIDE = 1600

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo, possibly smaller than its file says.

    Attributes:
        pixels: Upright RGB, shape (rows, columns, 3), uint8.
        width: Pixels of the full-resolution upright photo.
        height: Pixels of the full-resolution upright photo.
    """

    pixels: Pixels
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Full-resolution pixels per decoded pixel, 1 or more."""
        rows, columns = self.pixels.shape[:2]
        return max(self.width / int(columns), self.height / int(rows))


def decode(data: bytes) -> Pixels:
    """Return a photo's upright RGB pixels at full resolution, shape (height, width, 3), uint8.

    Raises:
        InvalidInput: The codes of `recognition.images.inspect`.
    """
    return decode_photo(data, reduced=False).pixels


def decode_photo(data: bytes, *, reduced: bool) -> Photo:
    """Decode a photo, a large JPEG at a fraction of its size when `reduced`.

    Raises:
        InvalidInput: The codes of `recognition.images.inspect`.
    """
    image = open_checked(data)
    width, height = upright_size(image)
    turn = _UPRIGHT.get(orientation(image))
    if reduced and format_of(image) == "JPEG":
        _reduce(image)
    try:
        image.load()
        rgb = _rgb(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise truncated() from error
    upright = rgb if turn is None else rgb.transpose(turn)
    return Photo(np.asarray(upright, dtype=np.uint8), width, height)


def _reduce(image: Image.Image) -> None:
    """Let the JPEG decoder shrink by 2, 4 or 8, never below the size detection works at."""
    shrink = DETECTION_SIDE / max(image.size)
    if shrink <= 0.5:  # noqa: PLR2004 - the decoder's first step is one half
        image.draft("RGB", (int(image.width * shrink), int(image.height * shrink)))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bit(image)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        return _on_white(image)
    return image.convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit gray to 8 bits; Pillow's own conversion clips everything above 255 to white."""
    values = np.asarray(image).astype(np.uint32)
    return Image.fromarray((values * 255 // 65535).clip(0, 255).astype(np.uint8)).convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Lay a photo with transparent parts on white, as viewers show it."""
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")
