"""Faces of a photo: BlazeFace on the whole and on tiles, then the face mesh for five exact points."""

from dataclasses import dataclass

import cv2
import numpy as np

from recognition.engine.align import warp
from recognition.engine.decode import DETECTION_SIDE
from recognition.engine.nets import FRONT, FULL_RANGE, BlazeFace, FaceMesh
from recognition.engine.tiles import Window, cut, distinct, tiles, uncut, whole
from recognition.engine.types import Float32, Pixels, Pose

# Up to this size one look at the whole photo finds every face that is large enough to compare.
TILED_ABOVE = 400
_TILE_SIDES = {"default": (640, 384), "fast": ()}
_TILE_OVERLAP = 0.25

_LEAST_SCORE = 0.5
_LEAST_SCORE_TILE = 0.6

# The mesh net wants the box turned upright and grown by half (MediaPipe's face landmark graph).
_MESH_MARGIN = 1.5
# A find the mesh does not confirm is a face in profile, or no face: kept only when the detector is sure.
_CONFIRMED = 0.5
_SURE = 0.75

_EYE_LEFT, _EYE_RIGHT = (33, 133), (362, 263)
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 1, 61, 291
_FOREHEAD, _CHIN = 10, 152


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A face in the pixels that were searched.

    Attributes:
        box: Shape (4,): left, top, right, bottom.
        landmarks: Shape (5, 2): eye on the left, other eye, nose tip, mouth corner left, other corner.
        confidence: Detector's score, 0 to 1.
        mesh_confidence: Landmark net's score, 0 to 1.
        pose: Head pose in degrees, as the mesh shows it.
    """

    box: Float32
    landmarks: Float32
    confidence: float
    mesh_confidence: float
    pose: Pose


@dataclass(frozen=True, slots=True, eq=False)
class _Finds:
    boxes: Float32
    points: Float32
    scores: Float32


class Detector:
    """Finds faces and their five points. An instance serves one thread at a time."""

    def __init__(self, mode: str = "default") -> None:
        """Load the nets; mode `fast` searches no tiles and misses small faces in large photos."""
        self._tile_sides = _TILE_SIDES[mode]
        self._front, self._full = BlazeFace(FRONT), BlazeFace(FULL_RANGE)
        self._mesh = FaceMesh()

    def __call__(self, pixels: Pixels) -> list[Found]:
        """Return the faces of an upright RGB photo (rows, columns, 3), uint8, largest first.

        With tiles, faces of 64 pixels in 1280 x 960 are found, most of 48 and many of 32. Sides above
        1600 pixels are searched at 1600; landmarks always come from the pixels given.
        """
        view, factor = _view(pixels)
        finds = self._search(view)
        kept = distinct(finds.boxes, finds.scores)
        found = [self._fit(pixels, finds, index, factor) for index in kept]
        confirmed = [face for face in found if _is_face(face)]
        return sorted(_apart(confirmed), key=lambda face: -_area(face.box))

    def _search(self, view: Pixels) -> _Finds:
        height, width = view.shape[:2]
        if max(width, height) > TILED_ABOVE:
            finds = self._search_large(view)
        else:
            finds = self._look(self._front, view, [whole(width, height)], _LEAST_SCORE)
        return finds if len(finds.scores) else self._search_harder(view)

    def _search_large(self, view: Pixels) -> _Finds:
        height, width = view.shape[:2]
        square = [whole(width, height)]
        passes = [self._look(net, view, square, _LEAST_SCORE) for net in (self._front, self._full)]
        for side in self._tile_sides:
            windows = tiles(width, height, side, _TILE_OVERLAP)
            passes.append(self._look(self._front, view, windows, _LEAST_SCORE_TILE))
        return _joined(passes)

    def _search_harder(self, view: Pixels) -> _Finds:
        """Look again where nothing was found: other net, face filling the photo, face small in it."""
        height, width = view.shape[:2]
        side = round(0.6 * max(width, height))
        attempts = (
            (self._full, [whole(width, height)]),
            (self._full, [whole(width, height, margin=0.25)]),
            (self._front, [whole(width, height, margin=0.5)]),
            (self._full, tiles(width, height, side, _TILE_OVERLAP)),
        )
        finds = _joined([])
        for net, windows in attempts:
            finds = self._look(net, view, windows, _LEAST_SCORE)
            if len(finds.scores):
                break
        return finds

    def _look(self, net: BlazeFace, view: Pixels, windows: list[Window], least: float) -> _Finds:
        return _joined([_look_at(net, view, window, least) for window in windows])

    def _fit(self, pixels: Pixels, finds: _Finds, index: int, factor: float) -> Found:
        """Fit the mesh to one find; `factor` is photo pixels per pixel of the searched view."""
        box, points = finds.boxes[index] * factor, finds.points[index] * factor
        matrix = _mesh_matrix(box, points, self._mesh.side)
        square = warp(pixels, matrix, self._mesh.side)
        mesh, score = self._mesh(square.astype(np.float32) / 255)
        landmarks = _five(mesh) @ cv2.invertAffineTransform(matrix)[:, :2].T
        landmarks += cv2.invertAffineTransform(matrix)[:, 2]
        return Found(box, landmarks.astype(np.float32), float(finds.scores[index]), score, _pose(mesh, landmarks))


def _view(pixels: Pixels) -> tuple[Pixels, float]:
    """Return the photo at no more than 1600 pixels a side and its pixels per pixel of that."""
    factor = max(pixels.shape[:2]) / DETECTION_SIDE
    if factor <= 1:
        return pixels, 1.0
    size = (round(pixels.shape[1] / factor), round(pixels.shape[0] / factor))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), factor


def _look_at(net: BlazeFace, view: Pixels, window: Window, least: float) -> _Finds:
    """Run a net on one window and keep what ends inside it, in pixels of the view."""
    height, width = view.shape[:2]
    raw = net(cut(view, window, net.side).astype(np.float32) / 127.5 - 1, least)
    corner = np.array([window.left, window.top], dtype=np.float32)
    boxes = raw.boxes * window.side + np.tile(corner, 2)
    kept = uncut(boxes, window, width, height)
    return _Finds(boxes[kept], (raw.points * window.side + corner)[kept], raw.scores[kept])


def _joined(passes: list[_Finds]) -> _Finds:
    if not passes:
        return _Finds(*(np.empty(shape, np.float32) for shape in ((0, 4), (0, 6, 2), (0,))))
    columns = ((finds.boxes, finds.points, finds.scores) for finds in passes)
    return _Finds(*(np.concatenate(column) for column in zip(*columns, strict=True)))


def _mesh_matrix(box: Float32, points: Float32, side: int) -> Float32:
    """Return the transform from photo to mesh input: eyes level, box grown, centered."""
    across = points[1] - points[0]
    angle = float(np.arctan2(across[1], across[0]))
    scale = side / (_MESH_MARGIN * float((box[2:] - box[:2]).max()))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    shift = side / 2 - linear @ ((box[:2] + box[2:]) / 2)
    return np.column_stack([linear, shift]).astype(np.float32)


def _five(mesh: Float32) -> Float32:
    eyes = [mesh[list(pair), :2].mean(axis=0) for pair in (_EYE_LEFT, _EYE_RIGHT)]
    return np.stack([*eyes, mesh[_NOSE, :2], mesh[_MOUTH_LEFT, :2], mesh[_MOUTH_RIGHT, :2]])


def _pose(mesh: Float32, landmarks: Float32) -> Pose:
    """Read the head's turn off the mesh's depth, and its lean off the eyes in the photo."""
    across = mesh[_EYE_RIGHT[1]] - mesh[_EYE_LEFT[0]]
    down = mesh[_CHIN] - mesh[_FOREHEAD]
    lean = landmarks[1] - landmarks[0]
    angles = (np.arctan2(across[2], across[0]), np.arctan2(down[2], down[1]), np.arctan2(lean[1], lean[0]))
    return Pose(*(round(float(np.degrees(angle)), 1) for angle in angles))


def _is_face(face: Found) -> bool:
    return face.mesh_confidence >= _CONFIRMED or face.confidence >= _SURE


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
