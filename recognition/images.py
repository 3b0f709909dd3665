"""Checks of uploaded photos that need no engine: format, size, decode limits. Pillow only."""

import hashlib
import io
import struct
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from portal.common.errors import InvalidInput

MAX_BYTES = 15_000_000
MAX_PIXELS = 50_000_000  # 150 MB decoded; the largest phone photos in common use have 50 megapixels

TRUNCATED = "image_truncated"

# A photo this dense cannot come from a camera: JPEG at its worst quality stays under 40 pixels a byte.
BOMB_PIXELS_PER_BYTE = 100

_READ = ("JPEG", "PNG", "WEBP")
_RECOGNIZED = (*_READ, "GIF")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")
_SWAPPING_ORIENTATIONS = range(5, 9)
_ORIENTATION_TAG = 0x0112

_ASK = "Send a JPEG, PNG or WebP photo."


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What is known of a photo from its file alone.

    Attributes:
        format: `JPEG`, `PNG` or `WEBP`.
        width: Pixels, after the orientation the camera noted was applied.
        height: Pixels, likewise.
        sha256: Digest of the file's bytes, 64 hexadecimal digits.
    """

    format: str
    width: int
    height: int
    sha256: str


def inspect(data: bytes) -> ImageInfo:
    """Check a photo completely, as cheaply as that can be done.

    Raises:
        InvalidInput: `image_format`, `image_truncated`, `image_too_large`, `image_bomb` or
            `image_animated`.
    """
    image = open_checked(data)
    info = _info(image, data)
    _check_complete(image)
    return info


def glance(data: bytes) -> ImageInfo:
    """Check a photo that is decoded right afterwards: that shows whether a JPEG or WebP is whole.

    Raises:
        InvalidInput: As for `inspect`; `image_truncated` only of what cannot be opened, and of any PNG.
    """
    image = open_checked(data)
    info = _info(image, data)
    if image.format == "PNG":  # decoders pass over some of its checksums
        _check_complete(image)
    return info


def open_checked(data: bytes) -> Image.Image:
    """Open a photo without decoding its pixels, after every check its header allows.

    Raises:
        InvalidInput: See `inspect`.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            "image_too_large",
            f"The file has {len(data) / 1e6:.1f} MB. At most {MAX_BYTES / 1e6:.0f} MB are read.",
        )
    image = _open(data)
    _check_pixels(image.width * image.height, len(data))
    _check_still(image)
    return image


def format_of(image: Image.Image) -> str:
    """Return the format's name. Phones write JPEG with a second picture inside, which Pillow calls MPO."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def orientation(image: Image.Image) -> int:
    """Return the orientation the camera noted, 1 to 8; 1 where it noted none or nonsense."""
    try:
        noted = _notes(image).get(_ORIENTATION_TAG, 1)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, struct.error):
        return 1  # notes that cannot be read: the picture can all the same
    return noted if noted in range(1, 9) else 1


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height in pixels once the noted orientation is applied."""
    width, height = image.size
    return (height, width) if orientation(image) in _SWAPPING_ORIENTATIONS else (width, height)


def truncated() -> InvalidInput:
    """Return the error for a photo whose file ends early or is damaged."""
    return InvalidInput(TRUNCATED, "The photo's file is damaged or incomplete. Send it again.")


def _info(image: Image.Image, data: bytes) -> ImageInfo:
    width, height = upright_size(image)
    return ImageInfo(format_of(image), width, height, hashlib.sha256(data).hexdigest())


def _notes(image: Image.Image) -> Image.Exif:
    if image.format != "PNG":
        return image.getexif()
    # Pillow would decode the whole picture to look for a note behind the pixels.
    exif = Image.Exif()
    exif.load(image.info.get("exif", b""))
    return exif


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=_RECOGNIZED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _bomb() from error
    except UnidentifiedImageError as error:
        if data.startswith(_SIGNATURES):
            raise truncated() from error
        raise InvalidInput("image_format", f"This file is not a photo we can read. {_ASK}") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise truncated() from error


def _check_pixels(pixels: int, size: int) -> None:
    if pixels <= MAX_PIXELS:
        return
    if pixels > size * BOMB_PIXELS_PER_BYTE:
        raise _bomb()
    raise InvalidInput(
        "image_too_large",
        f"The photo has {pixels / 1e6:.0f} megapixels. At most {MAX_PIXELS / 1e6:.0f} are read.",
    )


def _bomb() -> InvalidInput:
    return InvalidInput(
        "image_bomb",
        "The file is small but would unpack to far more than a photo needs, so it was not opened.",
    )


def _check_still(image: Image.Image) -> None:
    if format_of(image) != "JPEG" and getattr(image, "is_animated", False):
        raise InvalidInput("image_animated", "The file holds an animation. Send one still photo.")
    if image.format == "GIF":
        raise InvalidInput("image_format", f"GIF files are not read. {_ASK}")


def _check_complete(image: Image.Image) -> None:
    try:
        if image.format == "PNG":
            image.verify()  # checksums of all chunks: finds what is missing without unpacking pixels
        else:
            image.draft("RGB", (1, 1))  # JPEG at an eighth of its size: reads every byte, keeps 1/64
            image.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise truncated() from error
