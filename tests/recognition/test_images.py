"""Uploaded photos are checked before anything decodes them."""

import hashlib
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from portal.common.errors import InvalidInput
from recognition import images
from recognition.images import ImageInfo, glance, inspect


def photo(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 4), dtype=np.uint8)
    return Image.fromarray(noise, "RGBA").convert(mode)


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def frames(format: str) -> bytes:
    return encoded(photo("P"), format, save_all=True, append_images=[photo("P").rotate(180)])


def huge_png(side: int) -> bytes:
    """A small file whose header promises side x side pixels, all black."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refusal(data: bytes, check: Callable[[bytes], ImageInfo] = inspect) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        check(data)
    return caught.value


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_described_by_format_size_and_digest(format: str) -> None:
    data = encoded(photo(), format)
    info = inspect(data)
    assert (info.format, info.width, info.height) == (format, 60, 40)
    assert info.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_size_is_that_of_the_upright_photo(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    info = inspect(encoded(photo(), format, exif=exif))
    assert (info.width, info.height) == ((40, 60) if orientation >= 5 else (60, 40))


@pytest.mark.parametrize("data", [b"", b"hello", bytes(5000), b"%PDF-1.7 " * 50, b"<svg></svg>"])
def test_what_is_no_photo_is_refused(data: bytes) -> None:
    assert refusal(data).code == "image_format"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_photo_cut_short_is_refused(format: str, share: float) -> None:
    data = encoded(photo(size=(300, 200)), format)
    assert refusal(data[: int(len(data) * share)]).code == "image_truncated"


def test_a_damaged_png_is_refused() -> None:
    data = bytearray(encoded(photo(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert refusal(bytes(data)).code == "image_truncated"


def test_a_glance_at_a_photo_says_what_a_whole_inspection_says() -> None:
    data = encoded(photo(), "JPEG")
    assert glance(data) == inspect(data)


def test_a_damaged_png_is_refused_at_a_glance() -> None:
    data = bytearray(encoded(photo(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert refusal(bytes(data), glance).code == "image_truncated"


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF"])
def test_an_animation_is_refused(format: str) -> None:
    assert refusal(frames(format)).code == "image_animated"


def test_a_still_gif_is_refused_by_format() -> None:
    assert refusal(encoded(photo("P"), "GIF")).code == "image_format"


def test_a_phone_photo_with_a_second_picture_inside_is_taken_as_jpeg() -> None:
    assert inspect(encoded(photo(), "MPO", save_all=True, append_images=[photo()])).format == "JPEG"


@pytest.mark.parametrize("side", [8_000, 12_000, 40_000])
def test_a_small_file_with_enormous_pixels_is_refused_unopened(side: int) -> None:
    data = huge_png(side)
    assert len(data) < 5_000
    assert refusal(data).code == "image_bomb"


def test_a_file_over_the_byte_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 1_000)
    error = refusal(encoded(photo(size=(200, 200))))
    assert error.code == "image_too_large"
    assert "MB" in error.sentence


def test_a_photo_over_the_pixel_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 30_000)
    assert refusal(encoded(photo(size=(200, 200)))).code == "image_too_large"


@pytest.mark.parametrize("mode", ["L", "CMYK", "1"])
def test_gray_and_print_colors_are_taken(mode: str) -> None:
    format = "JPEG" if mode != "1" else "PNG"
    assert inspect(encoded(photo(mode), format)).width == 60


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_notes_of_a_camera_that_cannot_be_read_turn_nothing(format):
    notes = Image.Exif()
    notes[0x0112] = 6
    sound = notes.tobytes()
    assert inspect(encoded(photo(), format, exif=sound)).width == 40  # notes are where they are looked for
    assert inspect(encoded(photo(), format, exif=sound.replace(b"MM\0*", b"MM??"))).width == 60
