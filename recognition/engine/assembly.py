"""Puts an engine together: net from DeepFace's registry, detectors, warm-up. Loads TensorFlow."""

from recognition.engine import deepface_backend
from recognition.engine.catalog import MODEL_NAME
from recognition.engine.detect import Detector
from recognition.engine.embed import Embedder, ForeignEmbedder
from recognition.engine.pipeline import Engine


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
    return Engine(embed, [Detector(mode, detector) for _ in range(threads)], identity)
