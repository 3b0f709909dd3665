"""Faces of a photo: BlazeFace at two scales, then the face mesh for five exact points."""

from collections.abc import Callable

import cv2
import numpy as np

from recognition.engine.align import warp
from recognition.engine.decode import DETECTION_SIDE
from recognition.engine.geometry import Canvas, distinct, letterbox
from recognition.engine.nets import FRONT, FULL_RANGE, BlazeFace, Detections, FaceMesh
from recognition.engine.types import Float32, Found, Pixels, Pose

# Up to this size one look at the whole photo finds every face that is large enough to compare.
CLOSE_LOOK_ABOVE = 400

# The close look runs the front net, trained on 128 x 128, on the whole photo at half its size: without the
# cuts and the double work of tiles it finds what 240-pixel tiles find in a third of their time.
_CLOSE_LOOK_SCALE = 0.5
_CLOSE_LOOK_STEP = 32

_LAST_LOOK_SIDE = 640  # keeps a photo without faces from costing more than one with many

_LEAST_SCORE = 0.5

# The mesh net wants the box turned upright and grown by half (MediaPipe's face landmark graph).
_MESH_MARGIN = 1.5
# A find the mesh does not confirm is a face in profile, or no face: kept only when the detector is sure.
_CONFIRMED = 0.9
_SURE = 0.75

_EYE_LEFT, _EYE_RIGHT = (33, 133), (362, 263)
_NOSE, _MOUTH_LEFT, _MOUTH_RIGHT = 1, 61, 291
_FOREHEAD, _CHIN = 10, 152


class Detector:
    """Finds faces and their five points. An instance serves one thread at a time."""

    def __init__(self, mode: str = "default") -> None:
        """Load the nets; mode `fast` takes no close look and misses small faces in large photos."""
        self._looks_closely = mode != "fast"
        self._front, self._full = BlazeFace(FRONT), BlazeFace(FULL_RANGE)
        self._close = BlazeFace(FRONT)
        self._mesh = FaceMesh()

    def __call__(self, pixels: Pixels) -> list[Found]:
        """Return the faces of an upright RGB photo (rows, columns, 3), uint8, largest first.

        In 1280 x 960 all faces of 40 pixels are found, most of 32 and some of 24. Sides above 1600 pixels
        are searched at 1600; landmarks always come from the pixels given.
        """
        view, factor = _view(pixels)
        finds = self.search(view)
        kept = distinct(finds.boxes, finds.scores)
        found = [self.fit(pixels, finds, index, factor) for index in kept]
        confirmed = [face for face in found if _is_face(face)]
        return sorted(_apart(confirmed), key=lambda face: -_area(face.box))

    def search(self, view: Pixels) -> Detections:
        """Return raw finds in a photo of at most 1600 pixels a side, several for one face."""
        finds = _look(self._front, view)
        if self._looks_closely and max(view.shape[:2]) > CLOSE_LOOK_ABOVE:
            finds = _joined(finds, self._look_closely(view, _CLOSE_LOOK_SCALE))
        return finds if len(finds.scores) else self._search_harder(view)

    def _look_closely(self, view: Pixels, scale: float) -> Detections:
        rows, columns = (_stepped(length * scale) for length in view.shape[:2])
        return _found(self._close, letterbox(view, rows, columns))

    def _search_harder(self, view: Pixels) -> Detections:
        """Look again where nothing was found: other net, face filling the photo, face small in it."""
        attempts: tuple[Callable[[], Detections], ...] = (
            lambda: _look(self._full, view),
            lambda: _look(self._full, view, margin=0.25),
            lambda: _look(self._front, view, margin=0.5),
            lambda: self._look_closely(view, min(1.0, _LAST_LOOK_SIDE / max(view.shape[:2]))),
        )
        for attempt in attempts:
            finds = attempt()
            if len(finds.scores):
                break
        return finds

    def fit(self, pixels: Pixels, finds: Detections, index: int, factor: float) -> Found:
        """Fit the mesh to one find; `factor` is photo pixels per pixel of the searched view."""
        box, points = finds.boxes[index] * factor, finds.points[index] * factor
        matrix = _mesh_matrix(box, points, self._mesh.side)
        mesh, score = self._mesh(warp(pixels, matrix, self._mesh.side))
        landmarks = _five(mesh) @ cv2.invertAffineTransform(matrix)[:, :2].T
        landmarks += cv2.invertAffineTransform(matrix)[:, 2]
        return Found(
            box, landmarks.astype(np.float32), float(finds.scores[index]), score, _pose(mesh, landmarks)
        )


def _view(pixels: Pixels) -> tuple[Pixels, float]:
    """Return the photo at no more than 1600 pixels a side and its pixels per pixel of that."""
    factor = max(pixels.shape[:2]) / DETECTION_SIDE
    if factor <= 1:
        return pixels, 1.0
    size = (round(pixels.shape[1] / factor), round(pixels.shape[0] / factor))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), factor


def _stepped(length: float) -> int:
    return max(1, round(length / _CLOSE_LOOK_STEP)) * _CLOSE_LOOK_STEP


def _look(net: BlazeFace, view: Pixels, margin: float = 0.0) -> Detections:
    """Run a net on the whole photo at the size it was trained for."""
    return _found(net, letterbox(view, net.side, net.side, margin))


def _found(net: BlazeFace, canvas: Canvas) -> Detections:
    raw = net(canvas.pixels, _LEAST_SCORE)
    boxes = canvas.to_photo(raw.boxes.reshape(-1, 2, 2)).reshape(-1, 4)
    return Detections(boxes, canvas.to_photo(raw.points), raw.scores)


def _joined(one: Detections, other: Detections) -> Detections:
    return Detections(
        np.concatenate([one.boxes, other.boxes]),
        np.concatenate([one.points, other.points]),
        np.concatenate([one.scores, other.scores]),
    )


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
