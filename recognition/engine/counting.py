"""Counts pairs of labeled templates by distance, person by person, and how sure the rates are.

Pairs are not independent: everybody stands in pairs with everybody else, and one person whom many resemble
makes many false matches. An interval that took 177,000 pairs of 326 women for 177,000 trials (as
Clopper-Pearson does) would be several times too narrow. Intervals here leave one person out at a time, with
all their pairs (jackknife): no chance in them, so that a scale made twice is the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognition.engine.types import Float32

Float64 = NDArray[np.float64]
Counts = NDArray[np.int64]
Labels = NDArray[np.str_]

# Distances at which rates are counted: the scale's useful range in steps finer than its slope needs.
STEPS = np.round(np.arange(0.15, 1.2, 0.015), 3)
_BLOCK = 1_024
_NORMAL_95 = 1.96
_RULE_OF_THREE = 3.0  # after n people without one event, the rate is below 3 / n with 95 % certainty


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Pairs of one kind, by person; a pair of two people counts for both.

    Attributes:
        near: Shape (people, steps): pairs nearer than each of STEPS.
        pairs: Shape (people,): all pairs.
    """

    near: Counts
    pairs: Counts

    @property
    def events(self) -> Counts:
        """Pairs nearer than each step, each once."""
        found: Counts = self.near.sum(axis=0) // 2
        return found

    @property
    def total(self) -> int:
        """All pairs, each once."""
        return int(self.pairs.sum()) // 2

    @property
    def rate(self) -> Float64:
        """Share of pairs nearer than each step."""
        return np.asarray(self.events / max(self.total, 1), dtype=np.float64)

    def near_interval(self) -> tuple[Float64, Float64]:
        """Return the 95 % interval of the rate at each step, reckoned in its logarithm."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(self._without_one().clip(1e-12))
            half = _NORMAL_95 * _spread(logs)
            middle = np.log10(self.rate.clip(1e-12))
        return 10 ** (middle - half), np.minimum(10 ** (middle + half), 1.0)

    def far_interval(self) -> tuple[Float64, Float64]:
        """Return the 95 % interval of the share of pairs that are not nearer."""
        half = _NORMAL_95 * _spread(1 - self._without_one())
        far = 1 - self.rate
        least = _RULE_OF_THREE / max(int(np.count_nonzero(self.pairs)), 1)
        return (far - half).clip(0, 1), np.maximum(far + half, least).clip(0, 1)

    def _without_one(self) -> Float64:
        """Return the rates without each of the people, shape (people, steps)."""
        double = self.near.sum(axis=0), self.pairs.sum()
        # Those whom a person is paired with lose the same pairs, which are counted for both.
        near, pairs = double[0] - 2 * self.near, double[1] - 2 * self.pairs
        return np.asarray(near.clip(0) / pairs.clip(1)[:, None], dtype=np.float64)


def tally(templates: Float32, people: Labels, *, same: bool = False) -> Tally:
    """Count pairs of one person, or of two.

    Args:
        templates: Shape (N, D), unit length.
        people: Person of each.
        same: Count pairs of one person, else of two.
    """
    names, numbers = np.unique(people, return_inverse=True)
    near = np.zeros((len(names), len(STEPS)), dtype=np.int64)
    pairs = np.zeros(len(names), dtype=np.int64)
    for start in range(0, len(templates), _BLOCK):
        rows = numbers[start : start + _BLOCK]
        counts = _counted(templates, numbers, start, same=same)
        np.add.at(near, rows, counts[:, :-1])
        np.add.at(pairs, rows, counts[:, -1])
    return Tally(near, pairs)


def _counted(templates: Float32, numbers: NDArray[np.intp], start: int, *, same: bool) -> Counts:
    """Return for each template of a block its pairs nearer than each step, and all of them at the end."""
    block = templates[start : start + _BLOCK]
    chosen = (numbers[start : start + _BLOCK, None] == numbers) == same
    chosen[np.arange(len(block)), np.arange(start, start + len(block))] = False
    distances = np.sqrt((2 - 2 * (block @ templates.T)).clip(0))
    # A pair falls into the bin of the first step that is farther than it; added up, bins are "nearer than".
    bins = np.searchsorted(STEPS, distances, side="right")
    flat = (np.arange(len(block))[:, None] * (len(STEPS) + 1) + bins)[chosen]
    found = np.bincount(flat, minlength=len(block) * (len(STEPS) + 1))
    return found.reshape(len(block), -1).cumsum(axis=1).astype(np.int64)


def _spread(without_one: Float64) -> Float64:
    """Return the jackknife's standard error of each column."""
    people = len(without_one)
    squares = ((without_one - without_one.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(squares * (people - 1) / max(people, 1)), dtype=np.float64)
