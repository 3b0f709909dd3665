"""MTCNN with the weights of its package, run in batches.

The package calls each level of its pyramid and each list of patches eagerly, which takes 64 ms for a photo of
250 pixels. Here each of the three nets is one compiled graph of any input size, and all patches of a photo go
through it at once. Thresholds and geometry are the package's.
"""

from typing import Any

from recognition.engine.runtime import tf  # makes settings that Keras reads when it is imported

# isort: split

import cv2
import numpy as np
from mtcnn.network.onet import ONet
from mtcnn.network.pnet import PNet
from mtcnn.network.rnet import RNet
from mtcnn.utils.tensorflow import load_weights

from portal.common.errors import InvalidInput
from recognition.engine.catalog import MTCNN, digest, file_of
from recognition.engine.types import Detections, Float32, Pixels

_CELL, _STRIDE = 12, 2  # pixels that one answer of the first net looks at, and from one to the next
_PYRAMID_STEP = 0.709
_SCORES = (0.6, 0.7, 0.8)  # least of each net
_SAME_LEVEL, _SAME = 0.5, 0.7  # shared part of the union from which two finds are one
_PATCH_SIDES = (24, 48)


class Cascade:
    """The three nets of MTCNN. An instance serves one thread at a time."""

    def __init__(self) -> None:
        """Load the nets after a check of their files.

        Raises:
            InvalidInput: `model_changed`, when a file is not the one that was measured.
        """
        nets = zip((PNet, RNet, ONet), MTCNN, strict=True)
        first, second, third = (_loaded(net(), file) for net, file in nets)
        self._propose = _proposing(first)
        self._refine = _looking_at(second, _PATCH_SIDES[0])
        self._decide = _looking_at(third, _PATCH_SIDES[1])

    def __call__(self, view: Pixels, least_px: int) -> Detections:
        """Return the faces of an RGB photo from a width on; points are eyes, nose and mouth corners."""
        boxes = self._proposed(view, least_px)
        values = tf.constant(view[None])
        boxes = self._refined(values, boxes)
        return self._decided(values, boxes)

    def _proposed(self, view: Pixels, least_px: int) -> Float32:
        levels = [self._of_level(view, scale) for scale in _scales(view, least_px)]
        rows = np.concatenate([np.empty((0, 5), np.float32), *levels])
        return _square(_distinct(rows, _SAME))

    def _of_level(self, view: Pixels, scale: float) -> Float32:
        """Return proposals of one level of the pyramid: left, top, right, bottom, score."""
        size = (max(_CELL, round(view.shape[1] * scale)), max(_CELL, round(view.shape[0] * scale)))
        small = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
        offsets, scores = (part.numpy()[0] for part in self._propose(tf.constant(small[None])))
        down, across = np.nonzero(scores > _SCORES[0])
        corner = np.stack([across, down], axis=1) * _STRIDE + 1
        boxes = np.concatenate([corner, corner + _CELL - 1], axis=1) + offsets[down, across] * (_CELL - 1)
        rows = np.concatenate([boxes / scale, scores[down, across, None]], axis=1)
        return _distinct(rows.astype(np.float32), _SAME_LEVEL)

    def _refined(self, values: tf.Tensor, boxes: Float32) -> Float32:
        if not len(boxes):
            return boxes
        offsets, scores = (part.numpy() for part in self._refine(values, boxes[:, :4]))
        rows = np.column_stack([_moved(boxes[:, :4], offsets), scores[:, 1]])
        return _square(_distinct(rows[scores[:, 1] > _SCORES[1]], _SAME))

    def _decided(self, values: tf.Tensor, boxes: Float32) -> Detections:
        if not len(boxes):
            return Detections(boxes[:, :4], np.empty((0, 5, 2), np.float32), boxes[:, 4])
        offsets, places, scores = (part.numpy() for part in self._decide(values, boxes[:, :4]))
        sides = boxes[:, None, 2:4] - boxes[:, None, :2] + 1
        points = places.reshape(-1, 2, 5).transpose(0, 2, 1) * sides + boxes[:, None, :2] - 1
        sure = scores[:, 1] > _SCORES[2]
        moved = _moved(boxes[:, :4], offsets)[sure]
        return Detections(moved, points[sure].astype(np.float32), scores[sure, 1].astype(np.float32))


def _loaded(net: Any, file: Any) -> Any:
    path = file_of(file)
    if digest(path) != file.sha256:
        raise InvalidInput("model_changed", f"{path} is not the published file.", field="detector")
    net.build()
    # By its whole path: of a bare name the package would take a file of the working folder first.
    net.set_weights(load_weights(str(path)))
    return net


def _proposing(net: Any) -> Any:
    """Return uint8 photo (1, rows, columns, 3) -> offsets and scores of its cells, at any size."""

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.uint8)])
    def propose(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        offsets, scores = net((tf.cast(values, tf.float32) - 127.5) / 128)
        return offsets, scores[..., 1]

    return propose


def _looking_at(net: Any, side: int) -> Any:
    """Return photo and boxes (N, 4) -> what the net says of the patches, one graph for any number."""
    signature = [tf.TensorSpec([1, None, None, 3], tf.uint8), tf.TensorSpec([None, 4], tf.float32)]

    @tf.function(input_signature=signature)
    def look(values: tf.Tensor, boxes: tf.Tensor) -> Any:
        shape = tf.cast(tf.shape(values), tf.float32)
        sides = tf.stack([shape[1], shape[2], shape[1], shape[2]])
        ratios = tf.gather(boxes, [1, 0, 3, 2], axis=1) / sides
        patches = tf.image.crop_and_resize(
            values, ratios, tf.zeros_like(boxes[:, 0], tf.int32), (side, side), extrapolation_value=127.5
        )
        return net((patches - 127.5) / 128)

    return look


def _scales(view: Pixels, least_px: int) -> list[float]:
    scale, scales = _CELL / least_px, []
    while min(view.shape[:2]) * scale >= _CELL:
        scales.append(scale)
        scale *= _PYRAMID_STEP
    return scales


def _distinct(rows: Float32, most_shared: float) -> Float32:
    if not len(rows):
        return rows
    sizes = np.concatenate([rows[:, :2], rows[:, 2:4] - rows[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sizes.tolist(), rows[:, 4].tolist(), 0.0, most_shared)
    chosen: Float32 = rows[np.asarray(kept, dtype=int).ravel()]
    return chosen


def _square(rows: Float32) -> Float32:
    middle, side = (rows[:, :2] + rows[:, 2:4]) / 2, (rows[:, 2:4] - rows[:, :2]).max(axis=1, initial=0)
    half = side[:, None] / 2
    return np.concatenate([middle - half, middle + half, rows[:, 4:]], axis=1).astype(np.float32)


def _moved(boxes: Float32, offsets: Float32) -> Float32:
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    moved: Float32 = (boxes + offsets * np.concatenate([sides, sides], axis=1)).astype(np.float32)
    return moved
