"""Exact search for the most similar templates, in blocks, so that memory does not grow with the gallery.

A product of matrices gives cosines that differ by some 1e-7 with the shape of the blocks, and the database
adds up in an order of its own. So a product only narrows the choice down: `nearest` keeps every template that
could be among the best whatever the order of additions. `cosines` then measures those few one by one in
double precision, and `ranked` orders them. Whoever hands over the same templates gets the same ranks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognition.engine.types import Float32

Float64 = NDArray[np.float64]
Indices = NDArray[np.int64]

GONE = -2.0  # below every cosine: the score of a template that is not searched any more
_PROBES_AT_ONCE = 256  # with a block 16 MB of scores
_SAMPLE = 1_024  # templates of the first block that give a first bound
_PAIRS_AT_ONCE = 4_096


@dataclass(frozen=True)
class Block:
    """A part of a gallery, and the probes as they compare with it.

    Attributes:
        probes: Shape (P, D), unit rows, turned as the templates are.
        templates: Shape (N, D), unit rows.
        gone: Shape (N,), true for templates that are left out; None where all count.
    """

    probes: Float32
    templates: Float32
    gone: NDArray[np.bool_] | None = None


def slack(dimensions: int) -> float:
    """Return by how much two single-precision cosines of one pair can differ, however they were added up.

    Each is off by at most D rounding errors of 2^-24 (Higham 2002, equation 3.5); four more are for rows that
    are of unit length to single precision only.
    """
    return (dimensions + 4) * 2.0**-23


def nearest(blocks: Iterable[Block], *, probes: int, k: int, floor: float = -1.0) -> tuple[Indices, Indices]:
    """Return all pairs that may be among the k most similar templates of a probe.

    Args:
        blocks: The gallery, one block at a time; each holds all probes.
        probes: How many probes, P.
        k: How many are wanted of each.
        floor: Least cosine that is wanted.

    Returns:
        Probe and gallery index of each pair. The k best of every probe with at least `floor` are among them,
        with all that come within `slack` of the last.

    Raises:
        ValueError: k is below 1, or the two sides differ in D.
    """
    if k < 1:
        raise ValueError("k has to be 1 or more.")
    kept = _Kept(probes, k, floor)
    for block in blocks:
        kept.look(block)
    return kept.rows, kept.places


def cosines(probes: Float32, templates: Float32) -> Float64:
    """Return the cosine of each row of one side with the same row of the other, shape (N,), in double.

    Each pair is added up alone, so its value depends on nothing but the two.
    """
    found = np.empty(len(probes))
    for first in range(0, len(probes), _PAIRS_AT_ONCE):
        few = slice(first, first + _PAIRS_AT_ONCE)
        found[few] = (probes[few].astype(np.float64) * templates[few].astype(np.float64)).sum(axis=1)
    return found


def ranked(rows: Indices, values: Float64, names: NDArray[np.bytes_], k: int) -> Indices:
    """Return the places of each probe's k best pairs, probe after probe, best first.

    Args:
        rows: Probe of each pair.
        values: Its cosine.
        names: Its template's name; of equal cosines the lower name comes first.
        k: How many of each probe.
    """
    order = np.lexsort((names, -values, rows))
    return order[_rank(rows[order]) < k]


class _Kept:
    """The pairs that may still be among the best, and each probe's bound below which none can be."""

    def __init__(self, probes: int, k: int, floor: float) -> None:
        self.k, self.start = k, 0
        self.bounds = np.full(probes, floor - 1e-6, dtype=np.float64)
        self.rows = np.empty(0, dtype=np.int64)
        self.places = np.empty(0, dtype=np.int64)
        self.scores = np.empty(0, dtype=np.float32)

    def look(self, block: Block) -> None:
        if block.probes.shape[1] != block.templates.shape[1]:
            raise ValueError(
                f"Probes have {block.probes.shape[1]} dimensions, the gallery {block.templates.shape[1]}."
            )
        found = [self._among(block, first) for first in range(0, len(block.probes), _PROBES_AT_ONCE)]
        rows, places, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        self._add(rows, places + self.start, scores, slack(block.templates.shape[1]))
        self.start += len(block.templates)

    def _among(self, block: Block, first: int) -> tuple[Indices, Indices, Float32]:
        scores = block.probes[first : first + _PROBES_AT_ONCE] @ block.templates.T
        if block.gone is not None:
            scores[:, block.gone] = GONE
        bounds = self.bounds[first : first + _PROBES_AT_ONCE] - slack(block.templates.shape[1])
        if self.start == 0 and scores.shape[1] > self.k:
            bounds = np.maximum(bounds, _sampled(scores, self.k) - slack(block.templates.shape[1]))
        # On one axis: NumPy finds what is true among two axes ten times slower.
        found = np.flatnonzero(scores >= bounds.astype(np.float32)[:, None])
        rows, places = np.divmod(found, scores.shape[1])
        return rows + first, places, scores.ravel()[found]

    def _add(self, rows: Indices, places: Indices, scores: Float32, margin: float) -> None:
        if not len(rows):
            return
        rows = np.concatenate([self.rows, rows])
        scores = np.concatenate([self.scores, scores])
        places = np.concatenate([self.places, places])
        order = np.lexsort((-scores, rows))
        rows, scores, places = rows[order], scores[order], places[order]
        last = _rank(rows) == self.k - 1  # of each probe that has as many
        self.bounds[rows[last]] = np.maximum(self.bounds[rows[last]], scores[last])
        stays = scores >= self.bounds[rows] - margin
        self.rows, self.places, self.scores = rows[stays], places[stays], scores[stays]


def _sampled(scores: Float32, k: int) -> Float32:
    """Return for each probe a score that k templates of the first ones reach."""
    few = scores[:, : max(_SAMPLE, 2 * k)]
    found: Float32 = np.partition(few, few.shape[1] - k, axis=1)[:, few.shape[1] - k]
    return found


def _rank(rows: Indices) -> Indices:
    """Return each entry's place within its row, from 0; rows are in order."""
    found: Indices = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return found
