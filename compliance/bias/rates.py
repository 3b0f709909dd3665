"""False match rate and false non-match rate of compared pairs at a threshold, with their intervals.

As ISO/IEC 19795-1 defines them for comparisons: of pairs of two people the share at or above the threshold
(FMR), of pairs of one person the share below it (FNMR). A pair in which no face was found was not compared
and counts in neither; it is a failure to enroll and counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compliance.bias.intervals import clopper_pearson


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair that was compared.

    Attributes:
        same: Whether both photos show one person, as declared beforehand.
        similarity: 0 to 100.
        group: Declared group; empty where none was.
    """

    same: bool
    similarity: float
    group: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that was counted, 0 to 1, with its 95 % interval.

    Attributes:
        events: How often it happened.
        trials: How often it could have.
    """

    value: float
    low: float
    high: float
    events: int
    trials: int


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Both error rates at one threshold; None where no pair of that kind was compared.

    Attributes:
        threshold: Similarity, 0 to 100.
        fmr: Of pairs of two people, those at or above it.
        fnmr: Of pairs of one person, those below it.
    """

    threshold: float
    fmr: Rate | None
    fnmr: Rate | None


def rate(events: int, trials: int) -> Rate | None:
    """Return a share with its interval; None of no trials: nothing was seen, which is not 0.

    Raises:
        ValueError: More events than trials.
    """
    if trials == 0:
        return None
    low, high = clopper_pearson(events, trials)
    return Rate(events / trials, low, high, events, trials)


def error_rates(pairs: Iterable[Scored], threshold: float) -> ErrorRates:
    """Return both error rates of compared pairs at a threshold."""
    strangers, genuine = _apart(pairs)
    return ErrorRates(
        threshold,
        fmr=rate(sum(similarity >= threshold for similarity in strangers), len(strangers)),
        fnmr=rate(sum(similarity < threshold for similarity in genuine), len(genuine)),
    )


def sweep(pairs: Sequence[Scored], thresholds: Iterable[float]) -> list[ErrorRates]:
    """Return both error rates at each of some thresholds, in their order."""
    return [error_rates(pairs, threshold) for threshold in thresholds]


def _apart(pairs: Iterable[Scored]) -> tuple[list[float], list[float]]:
    strangers: list[float] = []
    genuine: list[float] = []
    for pair in pairs:
        (genuine if pair.same else strangers).append(pair.similarity)
    return strangers, genuine
