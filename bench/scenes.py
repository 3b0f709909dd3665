"""Photos with faces at known places: press photos set into pictures without people."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from recognition.engine.types import Float32, Pixels

LFW = Path(__file__).parents[2] / "shared" / "data" / "lfw_dev"

WIDTH, HEIGHT = 1280, 960
# Labeled Faces in the Wild is cut so that faces lie alike: middle and width of the box that BlazeFace front
# puts around them in its photos of 250 pixels (medians; the width's quartiles are 5 % off).
_MIDDLE = (125.0, 139.0)
_FACE_WIDTH = 106.0
_BACKGROUNDS = ("coffee", "rocket", "hubble_deep_field", "retina", "brick", "gravel", "grass")


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A face set into a scene: its box there, and the matrix (2, 3) from its press photo to the scene."""

    box: Float32
    matrix: Float32
    photo: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A photo of 1280 x 960 pixels and the faces that were set into it."""

    pixels: Pixels
    faces: list[Planted]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a set of scenes is like.

    Attributes:
        name: For the table.
        face_px: Width of the faces.
        faces: How many a scene.
        roll: Degrees that heads lean, clockwise.
        light: Factor on all light, 1 as photographed.
        noise: Standard deviation of sensor noise, of 255.
        reach: Part of the press photo around the face that comes along, in face widths.
        size: Columns and rows of the scene.
    """

    name: str
    face_px: int
    faces: int = 10
    roll: float = 0.0
    light: float = 1.0
    noise: float = 0.0
    reach: float = 2.0
    size: tuple[int, int] = field(default=(WIDTH, HEIGHT))


def photos() -> list[Path]:
    """Return the press photos, one a person; empty where they are not on this machine."""
    table = LFW.with_suffix(".csv")
    if not table.is_file():
        return []
    with table.open() as file:
        of_person = {row["subject"]: LFW / row["path"] for row in csv.DictReader(file)}
    return [of_person[name] for name in sorted(of_person)]


def scenes(kind: Kind, count: int, seed: int = 0) -> Iterator[Scene]:
    """Make scenes of a kind, the same ones for the same seed."""
    chance = np.random.default_rng([seed, kind.face_px])
    people = photos()
    for number in range(count):
        chosen = chance.choice(len(people), kind.faces, replace=False)
        yield _scene(kind, [read(people[one]) for one in chosen], _background(kind, number), chance)


def empty(count: int) -> list[Pixels]:
    """Return pictures without a face."""
    kind = Kind("empty", 1)
    return [_background(kind, number) for number in range(count)]


def read(path: Path) -> Pixels:
    """Return a photo's RGB pixels."""
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _scene(kind: Kind, people: list[Pixels], scene: Pixels, chance: np.random.Generator) -> Scene:
    planted = []
    for photo, place in zip(people, _places(kind, chance), strict=True):
        matrix = _matrix(kind, place)
        scene = _laid_in(scene, photo, matrix, kind.reach)
        half = np.float32(kind.face_px / 2)
        planted.append(Planted(np.concatenate([place - half, place + half]), matrix, photo))
    return Scene(_dimmed(scene, kind, chance), planted)


def _places(kind: Kind, chance: np.random.Generator) -> Float32:
    """Draw middles in the cells of a grid, so that no face covers another."""
    columns, rows = kind.size
    across = int(np.ceil(np.sqrt(kind.faces * columns / rows)))
    down = int(np.ceil(kind.faces / across))
    cells = chance.permutation(across * down)[: kind.faces]
    cell = np.array([columns / across, rows / down])
    room = (cell - kind.reach * kind.face_px).clip(0) / 2
    middles = (np.stack([cells % across, cells // across], axis=1) + 0.5) * cell
    return (middles + chance.uniform(-1, 1, middles.shape) * room).astype(np.float32)


def _matrix(kind: Kind, place: Float32) -> Float32:
    matrix = cv2.getRotationMatrix2D(_MIDDLE, -kind.roll, kind.face_px / _FACE_WIDTH)
    matrix[:, 2] += place - np.array(_MIDDLE)
    return matrix.astype(np.float32)


def _laid_in(scene: Pixels, photo: Pixels, matrix: Float32, reach: float) -> Pixels:
    """Blend a press photo in through a soft disk: a hard edge would be a mark no real photo has."""
    rows, columns = scene.shape[:2]
    disk = np.zeros(photo.shape[:2], np.float32)
    cv2.circle(disk, (round(_MIDDLE[0]), round(_MIDDLE[1])), int(0.45 * reach * _FACE_WIDTH), 1.0, -1)
    disk = cv2.GaussianBlur(disk, (0, 0), 0.04 * reach * _FACE_WIDTH)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:  # what a camera farther away would have averaged
        photo = cv2.GaussianBlur(photo, (0, 0), max(0.35 / scale, 0.3))
    cover = cv2.warpAffine(disk, matrix, (columns, rows), flags=cv2.INTER_LINEAR)[..., None]
    layer = cv2.warpAffine(photo, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
    return (scene * (1 - cover) + layer * cover).round().astype(np.uint8)


def _dimmed(scene: Pixels, kind: Kind, chance: np.random.Generator) -> Pixels:
    dark = scene.astype(np.float32) * kind.light + chance.normal(0, kind.noise or 1e-9, scene.shape)
    return dark.round().clip(0, 255).astype(np.uint8)


def _background(kind: Kind, number: int) -> Pixels:
    picture = getattr(data, _BACKGROUNDS[number % len(_BACKGROUNDS)])()
    color = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    return np.asarray(cv2.resize(color, kind.size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
