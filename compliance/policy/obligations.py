"""What has to be kept where something is allowed, and how the demands of several rules add up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from compliance.policy.errors import PolicyError
from compliance.policy.plain import LATER, encode, flag, many, number, optional, record, text, whole, word
from compliance.policy.vocabulary import Review

N = TypeVar("N", int, float)

TOP_SIMILARITY = 100.0


@dataclass(frozen=True, kw_only=True)
class Obligations:
    """Demands on one use.

    Attributes:
        min_similarity: Floor of the threshold, 0 to 100.
        review: When people have to judge candidates.
        false_candidate_budget: Highest expected number of false candidates of a search.
        never_sole_basis: The result may never be the only ground of a decision.
        reviewers: How many people judge each candidate without seeing each other's verdict.
        retention_days: Longest time that faces are kept.
        authorization_within_hours: Time in which a pending authorization has to arrive.
        thresholds_free: Floors and budget do not bind: measuring needs every threshold.
        conditions: Further conditions, as sentences for people: no machine enforces them.
        images_in_30_days: Most images handed in within 30 days for one purpose and end user.
        gallery_faces: Most faces in one gallery.
        recipients: Ids of the only parties that may receive results besides the organization itself.
    """

    min_similarity: float | None = None
    review: Review = Review.NONE
    false_candidate_budget: float | None = None
    never_sole_basis: bool = False
    reviewers: int = 1
    retention_days: int | None = None
    authorization_within_hours: int | None = None
    thresholds_free: bool = False
    conditions: frozenset[str] = frozenset()
    images_in_30_days: int | None = field(default=None, metadata=LATER)
    gallery_faces: int | None = field(default=None, metadata=LATER)
    recipients: frozenset[str] | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        if self.min_similarity is not None and not 0 <= self.min_similarity <= TOP_SIMILARITY:
            raise PolicyError("similarity_range", "A similarity floor lies between 0 and 100.")
        positive = (
            self.reviewers,
            self.retention_days,
            self.authorization_within_hours,
            self.images_in_30_days,
            self.gallery_faces,
        )
        if any(value is not None and value < 1 for value in positive):
            raise PolicyError("not_positive", "Reviewers, days, hours, images and faces are at least 1.")
        if self.false_candidate_budget is not None and self.false_candidate_budget <= 0:
            raise PolicyError("not_positive", "A budget of false candidates is above 0.")

    def to_json(self) -> dict[str, Any]:
        """Return the demands as JSON data."""
        return dict(encode(self))


def merge(demands: Sequence[Obligations]) -> Obligations:
    """Return the demands that satisfy every one of a list: the stricter of each kind wins."""
    free = any(one.thresholds_free for one in demands)
    return Obligations(
        min_similarity=None if free else _highest([one.min_similarity for one in demands]),
        review=max((one.review for one in demands), key=list(Review).index, default=Review.NONE),
        false_candidate_budget=None if free else _lowest([one.false_candidate_budget for one in demands]),
        never_sole_basis=any(one.never_sole_basis for one in demands),
        reviewers=max((one.reviewers for one in demands), default=1),
        retention_days=_lowest([one.retention_days for one in demands]),
        authorization_within_hours=_lowest([one.authorization_within_hours for one in demands]),
        thresholds_free=free,
        conditions=frozenset().union(*(one.conditions for one in demands)),
        images_in_30_days=_lowest([one.images_in_30_days for one in demands]),
        gallery_faces=_lowest([one.gallery_faces for one in demands]),
        recipients=_common([one.recipients for one in demands]),
    )


def _highest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _lowest(values: Sequence[N | None]) -> N | None:
    return min((value for value in values if value is not None), default=None)


def _common(lists: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    """Return who is in every list; None where there is no list."""
    named = [one for one in lists if one is not None]
    return frozenset.intersection(*named) if named else None


read_obligations = record(
    Obligations,
    {
        "min_similarity": optional(number),
        "review": word(Review),
        "false_candidate_budget": optional(number),
        "never_sole_basis": flag,
        "reviewers": whole,
        "retention_days": optional(whole),
        "authorization_within_hours": optional(whole),
        "thresholds_free": flag,
        "conditions": many(text),
        "images_in_30_days": optional(whole),
        "gallery_faces": optional(whole),
        "recipients": optional(many(text)),
    },
)
