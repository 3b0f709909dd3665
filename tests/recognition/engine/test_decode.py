"""Files become upright RGB pixels with the right brightness."""

import io

import numpy as np
import pytest
from PIL import Image

from portal.common.errors import InvalidInput
from recognition.engine.decode import DETECTION_SIDE, decode, decode_photo
from tests.recognition.test_images import huge_png


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def quarters(size: int = 64) -> Image.Image:
    """White in the upper left quarter, red in the upper right, green and blue below."""
    half = size // 2
    image = Image.new("RGB", (size, size), "white")
    for color, corner in (("red", (half, 0)), ("lime", (0, half)), ("blue", (half, half))):
        image.paste(color, (*corner, corner[0] + half, corner[1] + half))
    return image


STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_every_camera_orientation_comes_out_upright(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = STORED[orientation]
    stored = quarters() if turn is None else quarters().transpose(turn)
    pixels = decode(encoded(stored, format, exif=exif))
    assert np.abs(pixels[8, 8].astype(int) - 255).max() < 20
    assert np.abs(pixels[8, 56].astype(int) - (255, 0, 0)).max() < 20
    assert np.abs(pixels[56, 8].astype(int) - (0, 255, 0)).max() < 20


def test_sixteen_bit_gray_is_scaled_and_not_clipped() -> None:
    values = np.full((10, 10), 40_000, dtype=np.uint16)
    values[0, 0], values[0, 1] = 0, 65_535
    pixels = decode(encoded(Image.fromarray(values), "PNG"))
    assert [int(pixels[row, column, 0]) for row, column in ((5, 5), (0, 0), (0, 1))] == [155, 0, 255]


@pytest.mark.parametrize(("mode", "format"), [("CMYK", "JPEG"), ("P", "PNG"), ("RGBA", "PNG"), ("L", "JPEG")])
def test_every_color_mode_becomes_rgb(mode: str, format: str) -> None:
    pixels = decode(encoded(quarters().convert(mode), format))
    assert pixels.shape == (64, 64, 3)
    assert pixels.dtype == np.uint8
    assert pixels[8, 8].min() > 240


def test_transparent_parts_lie_on_white() -> None:
    image = Image.new("RGBA", (20, 20), (200, 0, 0, 0))
    assert decode(encoded(image, "PNG")).min() == 255


def test_a_large_jpeg_is_decoded_smaller_for_detection() -> None:
    data = encoded(quarters(3600), "JPEG")
    photo = decode_photo(data, reduced=True)
    assert photo.pixels.shape[0] == 1800 >= DETECTION_SIDE
    assert (photo.width, photo.height, photo.scale) == (3600, 3600, 2.0)


def test_full_resolution_stays_full() -> None:
    assert decode(encoded(quarters(3600), "JPEG")).shape == (3600, 3600, 3)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_photo_cut_short_is_refused(format: str) -> None:
    data = encoded(quarters(400), format)
    with pytest.raises(InvalidInput) as caught:
        decode(data[: len(data) // 2])
    assert caught.value.code == "image_truncated"


def test_a_png_with_too_few_rows_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(huge_png(7_000))
    assert caught.value.code == "image_truncated"
