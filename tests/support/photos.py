"""Hostile and odd files, made on the spot; no photo of a person among them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

from tests.support.world import jpeg

_ORIENTATION = 0x0112


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def truncated() -> bytes:
    whole = encoded(Image.effect_noise((300, 300), 80), "JPEG")
    return whole[: len(whole) // 2]


def bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels in a few hundred bytes."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def animated() -> bytes:
    frames = [Image.new("RGB", (100, 100), color) for color in ("red", "green")]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def sixteen_bit() -> bytes:
    return encoded(Image.fromarray(np.full((120, 100), 40_000, np.uint16)), "PNG")


def cmyk() -> bytes:
    return encoded(Image.new("CMYK", (100, 120), (10, 200, 30, 0)))


def turned() -> bytes:
    """A photo stored 200 wide and 100 high whose camera noted that it was held upright."""
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    return encoded(Image.new("RGB", (200, 100), "navy"), "JPEG", exif=exif)


def too_large() -> bytes:
    return jpeg() + bytes(15_000_000)


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted_zip() -> bytes:
    """A zip whose only member carries the flag of encryption."""
    data = bytearray(zipped({"anna.jpg": jpeg()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def zip_bomb() -> bytes:
    return zipped({"anna.jpg": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
