"""dlib's face ResNet rebuilt as a Keras net from the weights file dlib publishes (CC0)."""

import re
from pathlib import Path

import numpy as np

from recognition.engine.runtime import tf
from recognition.engine.types import TEMPLATE_DIMENSIONS, Float32

layers = tf.keras.layers

CHIP_SHAPE = (150, 150, 3)
PARAMETERS = 5_607_488

# Channels, whether the first block halves the picture, and number of blocks of each level (dlib's
# examples/dnn_face_recognition_ex.cpp, read from the input side).
_LEVELS = ((32, False, 3), (64, True, 4), (128, True, 3), (256, True, 3), (256, True, 1))
_MEAN = (122.782, 117.001, 104.298)  # of red, green, blue: dlib's input_rgb_image
_TENSOR_MARK = re.compile(rb"\x01\x02[\x01-\x04]", re.DOTALL)  # version 2, then the size of the first number
_LEAST_TENSOR = 32  # fewer values than any tensor of this net holds


class PadChannels(tf.keras.layers.Layer):
    """Appends channels of zeros, as dlib does where a shortcut is narrower than its block."""

    def __init__(self, count: int, **options: object) -> None:
        """Remember how many channels to append."""
        super().__init__(**options)
        self.count = count

    def call(self, values: tf.Tensor) -> tf.Tensor:
        """Append the channels."""
        return tf.pad(values, [[0, 0], [0, 0], [0, 0], [0, self.count]])

    def get_config(self) -> dict[str, object]:
        """Return what the layer is made again from."""
        return {**super().get_config(), "count": self.count}


def load(path: Path) -> tf.keras.Model:
    """Build the net and fill it from dlib's file.

    Args:
        path: dlib_face_recognition_resnet_model_v1.dat; the caller has checked its sha256.

    Returns:
        A net from RGB chips (N, 150, 150, 3), 0 to 255, to templates (N, 128) that are not normalized.
        It agrees with dlib's own output to 4.5e-7.

    Raises:
        ValueError: The file does not hold this net.
    """
    net = build()
    _fill(net, read_tensors(path.read_bytes()))
    return net


def build() -> tf.keras.Model:
    """Return the net with random weights."""
    chips = tf.keras.Input(CHIP_SHAPE, name="rgb_0_255")
    values = layers.Rescaling(1 / 256, offset=[-mean / 256 for mean in _MEAN], name="normalize")(chips)
    values = layers.Conv2D(32, 7, strides=2, activation="relu", name="conv0")(values)
    values = layers.MaxPooling2D(3, 2)(values)
    blocks = [(width, halve and nth == 0) for width, halve, count in _LEVELS for nth in range(count)]
    for nth, (width, halve) in enumerate(blocks):
        values = _block(values, width, halve, first=2 * nth + 1)
    values = layers.GlobalAveragePooling2D(name="average")(values)
    templates = layers.Dense(TEMPLATE_DIMENSIONS, use_bias=False, name="template")(values)
    return tf.keras.Model(chips, templates, name="dlib_resnet_v1")


def _block(values: tf.Tensor, width: int, halve: bool, first: int) -> tf.Tensor:
    """Add one residual block; `first` numbers its first convolution."""
    stride, padding = (2, "valid") if halve else (1, "same")
    inner = layers.Conv2D(width, 3, stride, padding, activation="relu", name=f"conv{first}")(values)
    inner = layers.Conv2D(width, 3, padding="same", name=f"conv{first + 1}")(inner)
    shortcut = layers.AveragePooling2D(2, 2)(values) if halve else values
    return layers.ReLU()(layers.Add()(_same_shape(shortcut, inner)))


def _same_shape(shortcut: tf.Tensor, inner: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Fill up the smaller one with zeros on the far side, as dlib's add_prev does."""
    missing = inner.shape[1] - shortcut.shape[1]
    if missing > 0:
        shortcut = layers.ZeroPadding2D(((0, missing), (0, missing)))(shortcut)
    elif missing < 0:
        inner = layers.ZeroPadding2D(((0, -missing), (0, -missing)))(inner)
    channels = inner.shape[-1] - shortcut.shape[-1]
    return (PadChannels(channels)(shortcut) if channels else shortcut), inner


def _fill(net: tf.keras.Model, tensors: list[Float32]) -> None:
    convolutions = [layer for layer in net.layers if layer.name.startswith("conv")]
    if len(tensors) != 2 * len(convolutions) + 1:
        raise ValueError(f"The file holds {len(tensors)} tensors, not {2 * len(convolutions) + 1}.")
    by_number = sorted(convolutions, key=lambda layer: int(layer.name.removeprefix("conv")))
    for layer, weights, affine in zip(by_number, tensors[0::2], tensors[1::2], strict=False):
        layer.set_weights(_folded(weights, affine, layer.kernel.shape))
    net.get_layer("template").set_weights([tensors[-1].reshape(256, TEMPLATE_DIMENSIONS)])


def _folded(weights: Float32, affine: Float32, shape: tf.TensorShape) -> list[Float32]:
    """Return kernel and bias with dlib's affine layer, a frozen batch normalization, multiplied in."""
    rows, columns, inputs, outputs = shape
    kernel = weights[:-outputs].reshape(outputs, inputs, rows, columns).transpose(2, 3, 1, 0)
    gain, shift = affine[:outputs], affine[outputs : 2 * outputs]
    return [kernel * gain, weights[-outputs:] * gain + shift]


def read_tensors(data: bytes) -> list[Float32]:
    """Return all float tensors of a serialized dlib net, flat, in file order.

    dlib writes a tensor as version 2 and four sizes, each a control byte (its low half counts the bytes
    that follow) and a little-endian number, then the values as little-endian float32.
    """
    found, position = [], 0
    while mark := _TENSOR_MARK.search(data, position):
        start, count = _header(data, mark.start() + 2)
        values = np.frombuffer(data, "<f4", count, start) if count else np.empty(0, "<f4")
        if _plausible(values):
            found.append(values)
            position = start + values.nbytes
        else:
            position = mark.start() + 1
    return found


def _header(data: bytes, position: int) -> tuple[int, int]:
    """Return where the values start and how many there are, 0 where this is no tensor."""
    count = 1
    for _ in range(4):
        width = data[position] if position < len(data) else 0
        if not 1 <= width <= 8:  # noqa: PLR2004 - dlib writes 1 to 8 bytes; the sign bit never is set here
            return position, 0
        count *= int.from_bytes(data[position + 1 : position + 1 + width], "little")
        position += 1 + width
    return position, count if position + 4 * count <= len(data) else 0


def _plausible(values: Float32) -> bool:
    if len(values) < _LEAST_TENSOR:
        return False
    return bool(np.isfinite(values).all() and np.abs(values).max() < 1e4)  # noqa: PLR2004 - weights are small
