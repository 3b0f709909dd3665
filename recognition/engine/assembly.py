"""Puts an engine together: net from DeepFace's registry, detectors, warm-up. Loads TensorFlow."""

from typing import Any

from recognition.engine import deepface_backend, narrow
from recognition.engine.catalog import MODEL_NAME
from recognition.engine.detect import Detector
from recognition.engine.embed import Embedder, ForeignEmbedder
from recognition.engine.identity import BFLOAT16, FAST
from recognition.engine.pipeline import Engine
from recognition.engine.runtime import has_gpu

_FEW = 8  # processors that a batch and detectors use in turn: side by side they take each other's caches


def assemble(model: str, *, mode: str, detector: str, precision: str, identity: str, threads: int) -> Engine:
    """Return an engine whose first photo is as quick as any other.

    Args:
        model: Name in DeepFace's registry.
        mode: `default` or `fast`.
        detector: Name in `registry.DETECTORS`.
        precision: `float32` or `bfloat16`, of the recognition net.
        identity: The pipeline id its templates carry.
        threads: Number of detectors.

    Raises:
        InvalidInput: `precision_not_native`, `precision_deviates`.
    """
    if precision == BFLOAT16:
        narrow.require_native()
    embed = _embedder(model, precision, mirror=mode != FAST)
    embed.warm_up()
    # A batch keeps few processors busy by itself; many would wait for it in vain, and a GPU has its own.
    in_turn = not has_gpu() and threads <= _FEW
    return Engine(embed, [Detector(mode, detector) for _ in range(threads)], identity, in_turn=in_turn)


def _embedder(model: str, precision: str, *, mirror: bool) -> Embedder | ForeignEmbedder:
    client: Any = deepface_backend.build(model)
    if model != MODEL_NAME:
        return ForeignEmbedder(client, mirror=mirror)
    return Embedder(narrow.narrowed(client.model) if precision == BFLOAT16 else client.model, mirror=mirror)
