"""Ways to find faces in a photo: BlazeFace at two scales, MTCNN in batches, YuNet. One interface for all.

A finder gives boxes with rough points; what aligns a face, the five points of the face mesh, is fitted
afterwards by `recognition.engine.detect`, whatever found it.
"""

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np

from portal.common.errors import InvalidInput
from recognition.engine.cascade import Cascade
from recognition.engine.catalog import YUNET, digest, file_of
from recognition.engine.geometry import Canvas, letterbox
from recognition.engine.nets import FRONT, FULL_RANGE, BlazeFace
from recognition.engine.types import Detections, Pixels

# Up to this size one look at the whole photo finds every face that is large enough to compare.
CLOSE_LOOK_ABOVE = 400

# The close look runs the front net, trained on 128 x 128, on the whole photo at six tenths of its size: it
# finds 32-pixel faces without the cuts and the double work of tiles (docs/decisions/0115-detectors.md).
CLOSE_LOOK_SCALE = 0.6
_CLOSE_LOOK_STEP = 32
_LEAST_SCORE = 0.5

_GLANCE_SIDE = 256  # finds faces from an 18th of the photo's longer side on, in 6 ms
_LAST_LOOK_SIDE = 640  # keeps a photo without faces from costing more than one with many

_YUNET_SCORE, _YUNET_NMS, _YUNET_MOST = 0.6, 0.3, 5_000
_YUNET_FAST_SIDE = 640

_MTCNN_LEAST_PX, _MTCNN_FAST_PX = 20, 40


class Finder(Protocol):
    """Finds faces in an upright photo. An instance serves one thread at a time.

    Attributes:
        mesh_margin: Side of the mesh net's input as a multiple of the box's longer side; boxes of one
            detector hold more of the head than those of another.
    """

    mesh_margin: float

    def __call__(self, view: Pixels) -> Detections:
        """Return raw finds, several for one face allowed; points begin with the eyes, left one first."""

    def glance(self, view: Pixels) -> Detections:
        """Return what a look finds that costs a tenth: large faces only."""


def finder(name: str, mode: str) -> Finder:
    """Return a detector by its name in `registry.DETECTORS`.

    Args:
        name: `blazeface`, `mtcnn` or `yunet`.
        mode: `default`, or `fast`, which misses small faces in large photos.

    Raises:
        InvalidInput: `model_not_ready` or `model_changed`, about the detector's file.
        KeyError: There is no such detector.
    """
    makers: dict[str, Callable[[bool], Finder]] = {
        "blazeface": BlazeFinder,
        "mtcnn": MtcnnFinder,
        "yunet": YuNetFinder,
    }
    return makers[name](mode != "fast")


class BlazeFinder:
    """BlazeFace front on the whole photo, then close up; where nothing is found, harder."""

    mesh_margin = 1.5  # MediaPipe's face landmark graph: the box grown by half

    def __init__(self, closely: bool = True) -> None:
        """Load the nets; without the close look small faces in large photos are missed."""
        self._looks_closely = closely
        self._front, self._full = BlazeFace(FRONT), BlazeFace(FULL_RANGE)
        self._close, self._glance = BlazeFace(FRONT), BlazeFace(FRONT)

    def __call__(self, view: Pixels) -> Detections:
        finds = _look(self._front, view)
        if self._looks_closely and max(view.shape[:2]) > CLOSE_LOOK_ABOVE:
            finds = _joined(finds, self._look_closely(view, CLOSE_LOOK_SCALE))
        return finds if len(finds.scores) else self._search_harder(view)

    def glance(self, view: Pixels) -> Detections:
        return _found(self._glance, letterbox(view, _GLANCE_SIDE, _GLANCE_SIDE))

    def _look_closely(self, view: Pixels, scale: float) -> Detections:
        rows, columns = (_stepped(length * scale) for length in view.shape[:2])
        return _found(self._close, letterbox(view, rows, columns))

    def _search_harder(self, view: Pixels) -> Detections:
        """Look again where nothing was found: other net, face filling the photo, face small in it."""
        attempts: list[Callable[[], Detections]] = [
            lambda: _look(self._full, view),
            lambda: _look(self._full, view, margin=0.25),
            lambda: _look(self._front, view, margin=0.5),
        ]
        scale = min(1.0, _LAST_LOOK_SIDE / max(view.shape[:2]))
        if scale > CLOSE_LOOK_SCALE or not self._looks_closely:
            attempts.append(lambda: self._look_closely(view, scale))
        for attempt in attempts:
            finds = attempt()
            if len(finds.scores):
                break
        return finds


class MtcnnFinder:
    """MTCNN from the weights of its package, each of its nets run in one batch."""

    mesh_margin = 1.3  # its boxes reach from the hairline to the chin

    def __init__(self, closely: bool = True) -> None:
        """Load the nets; otherwise faces below 40 pixels are not looked for."""
        self._cascade = Cascade()
        self._least = _MTCNN_LEAST_PX if closely else _MTCNN_FAST_PX

    def __call__(self, view: Pixels) -> Detections:
        return self._cascade(view, self._least)

    def glance(self, view: Pixels) -> Detections:
        return self._cascade(view, max(self._least, max(view.shape[:2]) // 10))


class YuNetFinder:
    """YuNet by OpenCV, from the file of the OpenCV Zoo."""

    mesh_margin = 1.3

    def __init__(self, closely: bool = True) -> None:
        """Read the net after a check of its digest; `closely` searches photos at their full size.

        Raises:
            InvalidInput: `model_not_ready` without the file, `model_changed` where it is another.
        """
        path = file_of(YUNET)
        if not path.is_file():
            raise InvalidInput("model_not_ready", f"YuNet's file is not at {path}.", field="detector")
        if digest(path) != YUNET.sha256:
            raise InvalidInput("model_changed", f"{path} is not the published file.", field="detector")
        self._most = None if closely else _YUNET_FAST_SIDE
        self._net = cv2.FaceDetectorYN.create(
            str(path), "", (320, 320), _YUNET_SCORE, _YUNET_NMS, _YUNET_MOST
        )

    def __call__(self, view: Pixels) -> Detections:
        return self._at(view, self._most)

    def glance(self, view: Pixels) -> Detections:
        return self._at(view, _GLANCE_SIDE)

    def _at(self, view: Pixels, most: int | None) -> Detections:
        scale = min(1.0, (most or max(view.shape[:2])) / max(view.shape[:2]))
        rows, columns = (max(1, round(length * scale)) for length in view.shape[:2])
        canvas = letterbox(view, rows, columns)
        self._net.setInputSize((columns, rows))
        _, rows_found = self._net.detect(np.ascontiguousarray(canvas.pixels[..., ::-1]))
        table = np.empty((0, 15)) if rows_found is None else np.asarray(rows_found)
        corners = np.stack([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1).astype(np.float32)
        points = table[:, 4:14].reshape(-1, 5, 2).astype(np.float32)
        boxes = canvas.to_photo(corners).reshape(-1, 4)
        return Detections(boxes, canvas.to_photo(points), table[:, 14].astype(np.float32))


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
