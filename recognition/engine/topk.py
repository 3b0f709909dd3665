"""Exact search for the most similar templates, in blocks, so that memory does not grow with the gallery."""

import numpy as np
from numpy.typing import NDArray

from recognition.engine.types import Float32

Indices = NDArray[np.int64]


def top_k(probes: Float32, gallery: Float32, k: int, block: int = 16_384) -> tuple[Indices, Float32]:
    """Return the k most similar gallery templates of every probe, best first.

    Equal similarities are ordered by gallery index. Copies of one template in different blocks may differ
    by 1e-7, since the order of additions depends on the block's shape.

    Args:
        probes: Shape (P, D), rows of unit length.
        gallery: Shape (G, D), rows of unit length, same pipeline as the probes. May be a memory map.
        k: How many; fewer come back when the gallery is smaller.
        block: Gallery rows compared at once; the working memory is about P x block x 4 bytes.

    Returns:
        Gallery indices, shape (P, min(k, G)), and cosine similarities, -1 to 1, of the same shape.

    Raises:
        ValueError: The two sides differ in D, or k or block is below 1.
    """
    if probes.shape[1] != gallery.shape[1]:
        raise ValueError(f"Probes have {probes.shape[1]} dimensions, the gallery {gallery.shape[1]}.")
    if k < 1 or block < 1:
        raise ValueError("k and block have to be 1 or more.")
    indices = np.empty((len(probes), 0), dtype=np.int64)
    scores = np.empty((len(probes), 0), dtype=np.float32)
    for start in range(0, len(gallery), block):
        fresh = probes @ np.asarray(gallery[start : start + block], dtype=np.float32).T
        places, values = _best(fresh, k)
        indices, scores = _merged(indices, scores, places + start, values, k)
    return indices, scores


def _best(scores: Float32, k: int) -> tuple[Indices, Float32]:
    """Return each row's k best columns; all that tie with the last are weighed, so ties fall by index."""
    columns = scores.shape[1]
    if columns <= k:
        return _ordered(np.broadcast_to(np.arange(columns), scores.shape), scores, k)
    limit = np.partition(scores, columns - k, axis=1)[:, columns - k]
    places = np.stack([_first(row, bound, k) for row, bound in zip(scores, limit, strict=True)])
    return _ordered(places, np.take_along_axis(scores, places, axis=1), k)


def _first(row: Float32, bound: np.float32, k: int) -> Indices:
    above, ties = np.flatnonzero(row > bound), np.flatnonzero(row == bound)
    return np.concatenate([above, ties[: k - len(above)]])


def _merged(
    indices: Indices, scores: Float32, more: Indices, more_scores: Float32, k: int
) -> tuple[Indices, Float32]:
    return _ordered(np.concatenate([indices, more], axis=1), np.concatenate([scores, more_scores], axis=1), k)


def _ordered(indices: Indices, scores: Float32, k: int) -> tuple[Indices, Float32]:
    order = np.lexsort((indices, -scores), axis=1)[:, :k]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(scores, order, axis=1)
