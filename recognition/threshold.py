"""Which threshold is in force for a search, and why: the highest of three."""

from __future__ import annotations

from dataclasses import dataclass

from recognition.engine import scale

# Rekognition's default, so that ported code finds the number it expects (and not the same false match rate).
DEFAULT = 80.0
DEFAULT_BUDGET = 1.0  # expected false candidates a search


@dataclass(frozen=True)
class Threshold:
    """A similarity, 0 to 100, and which of `asked`, `floor` and `budget` set it."""

    similarity: float
    reason: str
    asked: float


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
    """Return the share of true persons, 0 to 1, that this threshold misses on the calibration data."""
    return scale.fnmr(similarity)
