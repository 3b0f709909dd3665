"""Photos for engine tests: a public-domain portrait, made-up scenes, and press photos where they are."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

LFW = Path(__file__).parents[4] / "shared" / "data" / "lfw_dev"

# Left, top, right, bottom around the astronaut's face in the 512 x 512 portrait, and her face's width there.
_HEAD = (130, 10, 320, 200)
_FACE_WIDTH = 95


@dataclass(frozen=True)
class PressPhoto:
    """A labeled photo of Labeled Faces in the Wild."""

    name: str
    subject: str

    def read(self) -> bytes:
        return (LFW / self.name).read_bytes()


def press_photos() -> list[PressPhoto]:
    table = LFW.with_suffix(".csv")
    if not table.is_file():
        pytest.skip("lfw_dev: the press photos for the accuracy check are not on this machine")
    with table.open() as file:
        return [PressPhoto(row["path"], row["subject"]) for row in csv.DictReader(file)]


def encoded(pixels: np.ndarray, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **({"quality": 95} | options))
    return file.getvalue()


def portrait(scale: float = 1.0) -> np.ndarray:
    """The astronaut Eileen Collins (NASA, public domain), 512 pixels at scale 1."""
    return cv2.resize(data.astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


def crowd(face_px: int, columns: int = 5, rows: int = 4) -> np.ndarray:
    """A gray 1280 x 960 photo with that many faces of that width in a grid."""
    left, top, right, bottom = _HEAD
    head = data.astronaut()[top:bottom, left:right]
    factor = face_px / _FACE_WIDTH
    small = cv2.resize(head, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    scene = np.full((960, 1280, 3), 128, np.uint8)
    for x in np.linspace(10, 1270 - small.shape[1], columns).astype(int):
        for y in np.linspace(10, 950 - small.shape[0], rows).astype(int):
            scene[y : y + small.shape[0], x : x + small.shape[1]] = small
    return scene


def empty_scene() -> np.ndarray:
    """A photo without any face."""
    return data.coffee()
