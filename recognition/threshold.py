"""Which threshold is in force for a search, and why: the highest of three; what errors to expect."""

from __future__ import annotations

from dataclasses import dataclass

from portal.common.errors import InvalidInput
from recognition.engine import identity, scale
from recognition.engine.scale import Range

# Rekognition's default, so that ported code finds the number it expects (and not the same false match rate).
DEFAULT = 80.0
DEFAULT_BUDGET = 1.0  # expected false candidates a search


@dataclass(frozen=True)
class Threshold:
    """A similarity, 0 to 100, and which of `asked`, `floor` and `budget` set it."""

    similarity: float
    reason: str
    asked: float


@dataclass(frozen=True)
class Expectation:
    """What errors to expect at a similarity.

    Attributes:
        similarity: The threshold, 0 to 100.
        gallery_size: Faces in the gallery; None where two photos are compared.
        false_match_rate: Share of strangers at or above it, in the group with the most; 95 % interval.
        missed: Share of true persons below it; None where nothing was measured.
        false_candidates: Strangers that one search is expected to name; None without a gallery.
        data_set: What was measured, for people.
        scale: Version of the similarity scale.
        is_provisional: The rates were not measured group by group.
        is_beyond_data: No data carry a rate this low: the figures are drawn on from higher ones.
    """

    similarity: float
    gallery_size: int | None
    false_match_rate: Range
    missed: Range | None
    false_candidates: Range | None
    data_set: str
    scale: str
    is_provisional: bool
    is_beyond_data: bool


def expectation(similarity: float, *, gallery_size: int | None, pipeline: str = "") -> Expectation:
    """Return what errors to expect at a threshold.

    Args:
        similarity: The threshold, 0 to 100.
        gallery_size: Faces in the gallery; None where two photos are compared.
        pipeline: What made the gallery's templates; empty for what would make them here.
    """
    try:
        name = pipeline or identity.pipeline_id()
        known = scale.scale_of(name)
    except InvalidInput:  # calibrated elsewhere: what a similarity stands for is known, what it misses is not
        rate = scale.fmr(similarity)
        return _expectation(similarity, gallery_size, Range(rate, rate, rate), None)
    return _expectation(
        similarity,
        gallery_size,
        scale.fmr_range(similarity, name),
        scale.fnmr_range(similarity, name),
        data_set=known.data_set,
        version=known.version,
        is_provisional=known.provisional,
        is_beyond_data=similarity > known.reaches,
    )


def _expectation(
    similarity: float,
    gallery_size: int | None,
    rate: Range,
    missed: Range | None,
    *,
    data_set: str = "",
    version: str = "",
    is_provisional: bool = True,
    is_beyond_data: bool = True,
) -> Expectation:
    named = None
    if gallery_size is not None:
        named = Range(*(value * gallery_size for value in (rate.value, rate.low, rate.high)))
    return Expectation(
        similarity, gallery_size, rate, missed, named, data_set, version, is_provisional, is_beyond_data
    )


def effective(*, asked: float, floor: float, budget: float | None, gallery_size: int) -> Threshold:
    """Return the highest of what was asked, the purpose's floor and what keeps false candidates in budget.

    Args:
        asked: Similarity asked for, 0 to 100.
        floor: Lowest similarity that the rules allow.
        budget: Expected false candidates a search that are allowed; None where no budget binds.
        gallery_size: Faces in the gallery.
    """
    options = [(asked, "asked"), (floor, "floor")]
    if budget is not None and gallery_size:
        options.append((scale.threshold_for_budget(budget, gallery_size), "budget"))
    similarity, reason = max(options, key=lambda option: option[0])
    return Threshold(round(similarity, 2), reason, asked)


def expected_false_candidates(similarity: float, gallery_size: int) -> float:
    """Return how many gallery faces of other people one search is expected to name."""
    return scale.expected_false_candidates(similarity, gallery_size)


def share_missed(similarity: float) -> float:
    """Return the share of true persons, 0 to 1, that this threshold misses on the calibration data.

    By the scale of what compares here; where that was calibrated elsewhere, by that of the default.
    """
    missed = expectation(similarity, gallery_size=None).missed
    return missed.value if missed else scale.fnmr(similarity)
