"""Our recognition net in bfloat16, and the proof, at every start, that this device computes it rightly.

Convolutions and what lies between them are in bfloat16, whose eight bits carry a product; sums within a
convolution are float32 on every device that is let in, and so are the first scaling, the mean over a face and
the last layer. Templates are float32.
"""

import logging
import time
from typing import Any

import numpy as np

from portal.common.errors import InvalidInput
from recognition.engine.align import CHIP_SIDE
from recognition.engine.embed import Embedder
from recognition.engine.identity import BFLOAT16, FLOAT32
from recognition.engine.runtime import computes_bfloat16, tf
from recognition.engine.types import Float32, Pixels

# Kept in float32: the pixels' scaling, the mean over a face, and what follows it. They cost nothing, and a
# template rounded to eight bits would not have unit length.
_WIDE = frozenset({"normalize", "average", "template"})
_CHIPS = 16
_LEAST_COSINE = 0.999  # of a template in either precision; a processor that was measured has 0.9999
logger = logging.getLogger(__name__)


def require_native() -> None:
    """Refuse a device that would only imitate bfloat16: three times slower than float32, where it was tried.

    Raises:
        InvalidInput: `precision_not_native`.
    """
    if not computes_bfloat16():
        raise InvalidInput(
            "precision_not_native",
            "This machine does not compute in bfloat16: that takes processors with avx512_bf16 or amx_bf16, "
            "or a GPU of compute capability 8.0. Unset COUNTENANCE_PRECISION.",
            field="precision",
        )


def narrowed(net: Any) -> Any:
    """Return the net in bfloat16, with the same weights, checked against the one given.

    Args:
        net: In float32, from RGB chips (N, 150, 150, 3), 0 to 255, to raw templates (N, 128), float32.

    Raises:
        InvalidInput: `precision_deviates`, this device's templates are not those that were measured.
    """
    narrow = tf.keras.models.clone_model(net, clone_function=_narrowed)
    narrow.set_weights(net.get_weights())
    check(net, narrow)
    return narrow


def check(wide: Any, narrow: Any) -> None:
    """Compare a net's templates with those of the same net in float32, and log what either takes.

    Raises:
        InvalidInput: `precision_deviates`.
    """
    chips = _painted()
    (expected, long), (found, short) = (_measured(net, chips) for net in (wide, narrow))
    cosine = float((expected * found).sum(axis=1).min())
    told = f"{BFLOAT16} {short:.2f} ms a face, {FLOAT32} {long:.2f}; least cosine {cosine:.5f}"
    if not cosine >= _LEAST_COSINE:  # also where it is not a number
        raise InvalidInput(
            "precision_deviates",
            f"This machine computes other templates in bfloat16 than those measured: {told}.",
            field="precision",
        )
    logger.log(logging.INFO if short < long else logging.WARNING, "The recognition net: %s", told)


def _narrowed(layer: Any) -> Any:
    config = layer.get_config()
    return type(layer).from_config(config if layer.name in _WIDE else {**config, "dtype": BFLOAT16})


def _measured(net: Any, chips: Pixels) -> tuple[Float32, float]:
    """Return templates, and the milliseconds a chip that the quicker of two passes took."""
    embed = Embedder(net, mirror=False)
    embed.sizes = (_CHIPS,)
    templates, taken = embed(chips), []  # the first pass compiles
    for _ in range(2):
        begun = time.perf_counter()
        embed(chips)
        taken.append(time.perf_counter() - begun)
    return templates, min(taken) * 1000 / len(chips)


def _painted() -> Pixels:
    """Return chips of soft spots, the same each time: no photo of anybody comes with the code."""
    coarse = np.random.default_rng(1).integers(0, 256, (_CHIPS, 10, 10, 3)).astype(np.float32)
    size = (CHIP_SIDE, CHIP_SIDE)
    return np.asarray(tf.image.resize(coarse, size, "bicubic").numpy().clip(0, 255), dtype=np.uint8)
