"""What the rules demand of a job: threshold, review, retention. Raised with each ruling, never lowered."""

from __future__ import annotations

from compliance.models import RulingRecord
from compliance.policy.obligations import Obligations
from recognition import rulings, threshold
from recognition.models import Call, Gallery, Job, JobKind
from recognition.threshold import Threshold

_REVIEWS = ("none", "after_delivery", "before_release")  # from loose to strict


def apply(job: Job, ruling: RulingRecord, gallery: Gallery | None) -> None:
    """Put the demands of its first ruling on a job that is not stored yet."""
    demands = ruling.demands
    job.review, job.reviewers = _review(job, demands), demands.reviewers
    job.retention_days = _retention(job, demands)
    found = _threshold(job, demands, gallery)
    job.threshold, job.threshold_reason = found.similarity, found.reason


def tighten(job: Job, ruling: RulingRecord, gallery: Gallery | None) -> None:
    """Raise a job to what its newest ruling asks, and remember that ruling. Inside the caller's scope.

    Rules may have been tightened and the gallery may have grown since it was submitted. Nothing is ever
    loosened: what was shown at submission is what is kept at least.
    """
    demands = ruling.demands
    asked = _threshold(job, demands, gallery)
    if asked.similarity > job.threshold:
        job.threshold, job.threshold_reason = asked.similarity, asked.reason
    job.review = max(job.review, _review(job, demands), key=_REVIEWS.index)
    job.reviewers = max(job.reviewers, demands.reviewers)
    job.retention_days = _retention(job, demands)
    job.ruling = ruling.public_id
    job.save(
        update_fields=[
            "threshold",
            "threshold_reason",
            "review",
            "reviewers",
            "retention_days",
            "ruling",
        ]
    )


def tighten_review(job: Job, ruling: RulingRecord) -> None:
    """Raise only what is asked of reviewers, for results that are there already. In the caller's scope."""
    review = max(job.review, _review(job, ruling.demands), key=_REVIEWS.index)
    reviewers = max(job.reviewers, ruling.demands.reviewers)
    if (review, reviewers) != (job.review, job.reviewers):
        job.review, job.reviewers = review, reviewers
        job.save(update_fields=["review", "reviewers"])


def apply_to_call(call: Call, ruling: RulingRecord, *, budget: float | None) -> None:
    """Put the demands of its ruling on a call that is not stored yet; never less than those before.

    Args:
        call: Whose review is `before_release` where people have to judge before anything is handed out.
        ruling: The newest on the call. Its facts say how large the gallery is.
        budget: Expected false candidates a search that the caller's key allows; None for the usual one.
    """
    demands = ruling.demands
    floor, allowed = _bounds(demands, call.gallery, budget or threshold.DEFAULT_BUDGET)
    found = threshold.effective(
        asked=call.threshold_asked,
        floor=floor,
        budget=allowed,
        gallery_size=ruling.facts["gallery_size"] or 0,
    )
    if not call.threshold_reason or found.similarity > call.threshold:
        call.threshold, call.threshold_reason = found.similarity, found.reason
    call.review = max(call.review, _review(call, demands), key=_REVIEWS.index)
    call.ruling = ruling.public_id


def _review(job: Job | Call, demands: Obligations) -> str:
    return str(demands.review) if job.kind in {JobKind.SEARCH, JobKind.COMPARE} else "none"


def _retention(job: Job, demands: Obligations) -> int:
    return min(job.retention_days, demands.retention_days or job.retention_days)


def _threshold(job: Job, demands: Obligations, gallery: Gallery | None) -> Threshold:
    # What a rule allows stands in place of the usual budget here, even where it is more.
    usual = demands.false_candidate_budget or threshold.DEFAULT_BUDGET
    floor, budget = _bounds(demands, gallery, usual)
    return threshold.effective(
        asked=job.threshold_asked,
        floor=floor,
        budget=budget,
        gallery_size=rulings.gallery_size(gallery),
    )


def _bounds(demands: Obligations, gallery: Gallery | None, usual: float) -> tuple[float, float | None]:
    """Return the lowest threshold and the budget of false candidates: the stricter of rules, key and tags."""
    floor = demands.min_similarity or 0.0
    if demands.thresholds_free:
        return floor, None
    if gallery is None:
        return floor, min(usual, demands.false_candidate_budget or usual)
    budgets = (usual, demands.false_candidate_budget, gallery.most_false_candidates)
    return max(floor, gallery.least_similarity), min(filter(None, budgets))
