"""Faces of a photo: a finder's boxes, then the face mesh for five exact points and the pose."""

from dataclasses import dataclass

import cv2
import numpy as np

from recognition.engine.align import warp
from recognition.engine.decode import DETECTION_SIDE
from recognition.engine.finders import finder
from recognition.engine.geometry import distinct, turned_back
from recognition.engine.nets import FaceMesh
from recognition.engine.types import Detections, Float32, Found, Pixels, Pose

# A find the mesh does not confirm is a face in profile, or no face: kept only when the detector is sure.
CONFIRMED = 0.9
_SURE = 0.75
# Detectors are less sure of a face that hangs upside down; the mesh is not, and puts a face the right way up
# there. Below this, the photo's other sides are looked at (docs/decisions/0115-detectors.md).
_UPRIGHT = 0.85
# Degrees from which the mesh's eyes correct those of the finder, and the mesh is fitted again.
_LEVEL_WITHIN = 10.0

_EYE_LEFT, _EYE_RIGHT = (33, 133), (362, 263)
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 1, 61, 291
# Of each of the five points, the two points of the mesh that it lies between.
_FIVE = np.array(
    [[*ends, _NOSE, _MOUTH_LEFT, _MOUTH_RIGHT] for ends in zip(_EYE_LEFT, _EYE_RIGHT, strict=True)]
)
_HALFWAY = np.float32(0.5)
_FOREHEAD, _CHIN = 10, 152

# Quarter turns to the left under which a photo is looked at where no upright face is in it: cameras are
# held sideways more often than upside down.
_TURNS = (1, 3, 2)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What is searched: the photo at no more than 1600 pixels a side, and its pixels per pixel of that."""

    pixels: Pixels
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The mesh on one face: its points in the net's input, five points there and in the photo, its score."""

    mesh: Float32
    five: Float32
    landmarks: Float32
    score: float

    @property
    def lean(self) -> float:
        """Degrees by which the eyes are not level in the net's input, where the finder's points were."""
        across = self.five[1] - self.five[0]
        return float(np.degrees(np.arctan2(across[1], across[0])))


class Detector:
    """Finds faces and their five points. An instance serves one thread at a time."""

    def __init__(self, mode: str = "default", detector: str = "blazeface") -> None:
        """Load the nets.

        Args:
            mode: `default`, or `fast`, which takes no close look and misses small faces in large photos.
            detector: What finds the boxes, a name in `registry.DETECTORS`.

        Raises:
            InvalidInput: `model_not_ready` or `model_changed`, about the detector's file.
        """
        self._finder = finder(detector, mode)
        self._mesh = FaceMesh()

    def __call__(self, pixels: Pixels) -> list[Found]:
        """Return the faces of an upright RGB photo (rows, columns, 3), uint8, largest first.

        Sides above 1600 pixels are searched at 1600; landmarks always come from the pixels given. Where no
        face is sure, the photo is looked at turned by quarters: a camera held sideways does not always note
        it in the file.
        """
        view = _viewed(pixels)
        faces = self._faces(pixels, self.search(view.pixels), view)
        if _best(faces) < _UPRIGHT:
            faces = self._turned(pixels, view, better_than=_best(faces)) or faces
        return sorted(_apart(faces), key=lambda face: -_area(face.box))

    def search(self, view: Pixels) -> Detections:
        """Return raw finds in a photo of at most 1600 pixels a side, several for one face."""
        return self._finder(view)

    def _turned(self, pixels: Pixels, view: _View, better_than: float) -> list[Found]:
        """Return the faces of a photo that lies on its side or head, if they are surer than those upright."""
        for turns in _TURNS:
            turned = np.ascontiguousarray(np.rot90(view.pixels, turns))
            faces: list[Found] = []
            for look in (self._finder.glance, self.search):
                finds = turned_back(look(turned), turns, view.pixels.shape[:2])
                faces = self._faces(pixels, finds, view)
                if _best(faces) <= max(better_than, _SURE):
                    break
            else:
                return faces
        return []

    def _faces(self, pixels: Pixels, finds: Detections, view: _View) -> list[Found]:
        kept = distinct(finds.boxes, finds.scores)
        found = [self.fit(pixels, finds, index, view.factor) for index in kept]
        return [face for face in found if _is_face(face)]

    def fit(self, pixels: Pixels, finds: Detections, index: int, factor: float) -> Found:
        """Fit the mesh to one find; `factor` is photo pixels per pixel of the searched view."""
        box, points = finds.boxes[index] * factor, finds.points[index] * factor
        fit = self._fit(pixels, box, points)
        if abs(fit.lean) > _LEVEL_WITHIN:
            fit = self._fit(pixels, box, fit.landmarks)
        pose = _pose(fit.mesh, fit.landmarks)
        return Found(box, fit.landmarks, float(finds.scores[index]), fit.score, pose)

    def _fit(self, pixels: Pixels, box: Float32, points: Float32) -> _Fit:
        matrix = _mesh_matrix(box, points, self._mesh.side, self._finder.mesh_margin)
        mesh, score = self._mesh(warp(pixels, matrix, self._mesh.side))
        back = cv2.invertAffineTransform(matrix)
        five = _five(mesh)
        landmarks = (five @ back[:, :2].T + back[:, 2]).astype(np.float32)
        return _Fit(mesh, five, landmarks, score)


def _viewed(pixels: Pixels) -> _View:
    factor = max(pixels.shape[:2]) / DETECTION_SIDE
    if factor <= 1:
        return _View(pixels, 1.0)
    size = (round(pixels.shape[1] / factor), round(pixels.shape[0] / factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return _View(np.asarray(small, dtype=np.uint8), factor)


def _mesh_matrix(box: Float32, points: Float32, side: int, margin: float) -> Float32:
    """Return the transform from photo to mesh input: eyes level, box grown, centered."""
    across = points[1] - points[0]
    angle = float(np.arctan2(across[1], across[0]))
    scale = side / (margin * max(float((box[2:] - box[:2]).max()), 1.0))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    shift = side / 2 - linear @ ((box[:2] + box[2:]) / 2)
    return np.column_stack([linear, shift]).astype(np.float32)


def _five(mesh: Float32) -> Float32:
    points: Float32 = (mesh[_FIVE[0], :2] + mesh[_FIVE[1], :2]) * _HALFWAY
    return points


def _pose(mesh: Float32, landmarks: Float32) -> Pose:
    """Read the head's turn off the mesh's depth, and its lean off the eyes in the photo."""
    across = mesh[_EYE_RIGHT[1]] - mesh[_EYE_LEFT[0]]
    down = mesh[_CHIN] - mesh[_FOREHEAD]
    lean = landmarks[1] - landmarks[0]
    angles = (np.arctan2(across[2], across[0]), np.arctan2(down[2], down[1]), np.arctan2(lean[1], lean[0]))
    return Pose(*(round(float(np.degrees(angle)), 1) for angle in angles))


def _is_confirmed(face: Found) -> bool:
    return face.mesh_confidence >= CONFIRMED


def _best(faces: list[Found]) -> float:
    """Return the detector's highest score of a face that the mesh confirms, 0 without one."""
    return max((face.confidence for face in faces if _is_confirmed(face)), default=0.0)


def _is_face(face: Found) -> bool:
    return _is_confirmed(face) or face.confidence >= _SURE


def _apart(faces: list[Found]) -> list[Found]:
    """Drop finds whose mesh settled on a face that a surer find already has."""
    kept: list[Found] = []
    for face in sorted(faces, key=lambda face: -min(face.confidence, face.mesh_confidence)):
        if not any(_same(face, other) for other in kept):
            kept.append(face)
    return kept


def _same(one: Found, other: Found) -> bool:
    eyes = float(np.linalg.norm(other.landmarks[1] - other.landmarks[0]))
    return float(np.linalg.norm(one.landmarks - other.landmarks, axis=1).mean()) < 0.5 * max(eyes, 1.0)


def _area(box: Float32) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
