"""Puts an engine together: net from DeepFace's registry, detectors, warm-up. Loads TensorFlow."""

from recognition.engine import deepface_backend
from recognition.engine.catalog import MODEL_NAME
from recognition.engine.detect import Detector
from recognition.engine.embed import Embedder, ForeignEmbedder
from recognition.engine.pipeline import Engine
from recognition.engine.runtime import has_gpu

_FEW = 8  # processors that a batch and detectors use in turn: side by side they take each other's caches


def assemble(model: str, *, mode: str, detector: str, identity: str, threads: int) -> Engine:
    """Return an engine whose first photo is as quick as any other.

    Args:
        model: Name in DeepFace's registry.
        mode: `default` or `fast`.
        detector: Name in `registry.DETECTORS`.
        identity: The pipeline id its templates carry.
        threads: Number of detectors.
    """
    client = deepface_backend.build(model)
    mirror = mode != "fast"
    embed: Embedder | ForeignEmbedder
    if model == MODEL_NAME:
        embed = Embedder(client.model, mirror=mirror)
    else:
        embed = ForeignEmbedder(client, mirror=mirror)
    embed.warm_up()
    # A batch keeps few processors busy by itself; many would wait for it in vain, and a GPU has its own.
    in_turn = not has_gpu() and threads <= _FEW
    return Engine(embed, [Detector(mode, detector) for _ in range(threads)], identity, in_turn=in_turn)
