"""Chips to templates, in batches of fixed sizes, through one compiled forward pass."""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from recognition.engine import batching
from recognition.engine.runtime import has_gpu, tf
from recognition.engine.types import Float32, Pixels


class Embedder:
    """Turns chips into unit-length templates with one Keras net."""

    def __init__(self, net: Any, *, mirror: bool) -> None:
        """Wrap a net from RGB chips (N, 150, 150, 3), 0 to 255, to raw templates (N, D).

        Args:
            net: The Keras model.
            mirror: Average each template with that of the mirrored chip: fewer true persons are missed
                (FNMR 4.7 instead of 6.4 % at FMR 0.001, LFW) for twice the time.
        """
        self.sizes: tuple[int, ...] = (1,)
        self._dimensions = int(net.output_shape[-1])
        self._forward = _compiled(net, mirror)

    @property
    def batch(self) -> int:
        """How many chips are best embedded at once."""
        return self.sizes[-1]

    def __call__(self, chips: Pixels) -> Float32:
        """Return templates (N, D) of unit length for chips (N, 150, 150, 3), uint8 RGB.

        A row of a net that failed on its chip is not finite; the others are untouched by it.
        """
        ends = np.cumsum(batching.parts(len(chips), self.sizes))
        empty = np.empty((0, self._dimensions), dtype=np.float32)
        return np.concatenate(
            [empty, *(self._padded(part) for part in np.split(chips, ends[:-1]) if len(part))]
        )

    def _padded(self, chips: Pixels) -> Float32:
        missing = next(size for size in self.sizes if size >= len(chips)) - len(chips)
        full = np.pad(chips, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else chips
        return self._templates(full)[: len(chips)]

    def _templates(self, chips: Pixels) -> Float32:
        templates: Float32 = self._forward(tf.constant(chips)).numpy()
        return templates

    def warm_up(self, worth: Sequence[int] | None = None) -> None:
        """Find the best batch and compile what is used, so that no request waits for it.

        Args:
            worth: Batch sizes to choose from; those worth trying on this device by default.
        """
        self.sizes = _measured(self._templates, worth)


def _measured(forward: Callable[[Pixels], Float32], worth: Sequence[int] | None) -> tuple[int, ...]:
    on_this_device = batching.WORTH_ON_GPU if has_gpu() else batching.WORTH_ON_CPU
    return batching.sizes(forward, worth or on_this_device, tf.errors.ResourceExhaustedError)


def _compiled(net: Any, mirror: bool) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return uint8 chips -> unit templates as one graph; it is traced once per batch size."""

    @tf.function(reduce_retracing=False)
    def forward(chips: tf.Tensor) -> tf.Tensor:
        values = tf.cast(chips, tf.float32)
        templates = net(values, training=False)
        if mirror:
            templates += net(tf.reverse(values, axis=[2]), training=False)
        return tf.math.l2_normalize(templates, axis=1, epsilon=0.0)

    compiled: Callable[[tf.Tensor], tf.Tensor] = forward
    return compiled


class ForeignEmbedder:
    """Turns chips into unit-length templates with one of DeepFace's own nets, as it would feed it."""

    def __init__(self, client: Any, *, mirror: bool) -> None:
        """Wrap a model from DeepFace's registry; see `Embedder` for `mirror`."""
        self.batch = 32
        self._client, self._mirror = client, mirror

    def __call__(self, chips: Pixels) -> Float32:
        """Return templates (N, D) of unit length for chips (N, 150, 150, 3), uint8 RGB."""
        parts = [chips[start : start + self.batch] for start in range(0, len(chips), self.batch)]
        empty = np.empty((0, self._client.output_shape), dtype=np.float32)
        return np.concatenate([empty, *(self._unit(part) for part in parts)])

    def _unit(self, chips: Pixels) -> Float32:
        templates = self._forward(chips)
        if self._mirror:
            templates += self._forward(chips[:, :, ::-1])
        lengths: Float32 = np.linalg.norm(templates, axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):  # a template of length 0 becomes "not a number", which is told
            return templates / lengths

    def _forward(self, chips: Pixels) -> Float32:
        rows, columns = self._client.input_shape
        resized = [cv2.resize(chip, (columns, rows), interpolation=cv2.INTER_AREA) for chip in chips]
        batch = np.stack(resized)[..., ::-1].astype(np.float32) / 255  # DeepFace: BGR in 0 to 1
        return np.asarray(self._client.forward(batch), dtype=np.float32).reshape(len(chips), -1)

    def warm_up(self, worth: Sequence[int] | None = None) -> None:
        """Find the best batch, so that no request waits for the net's first start; see `Embedder`."""
        self.batch = _measured(self._unit, worth)[-1]
