"""What a job would come to, before it is started: the threshold in force, errors to expect, the ruling.

Nothing is stored: it is the same pure evaluation that the gate makes, on what the form says so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from compliance.holdings import held
from compliance.policy.evaluate import evaluate
from compliance.policy.ruling import Ruling
from compliance.stated import Stated, facts_of, named_in
from portal.tenancy.models import Organization
from portal.web import sentences
from recognition import rulings, threshold
from recognition.models import Gallery, JobKind
from recognition.threshold import Expectation, Threshold


@dataclass(frozen=True)
class Estimate:
    """What to expect of a job."""

    ruling: Ruling
    asked: float
    effective: float
    floor: float
    caution: str
    meaning: dict[str, Any]
    unstated: str

    @property
    def is_told(self) -> bool:
        """Whether everything the rules need was stated."""
        return not self.unstated


def estimate(
    *,
    organization: Organization,
    gallery: Gallery | None,
    purpose: str,
    kind: JobKind,
    end_user: UUID | None,
    facts: dict[str, Any],
    asked: float,
) -> Estimate:
    """Return what a job would come to. In scope.

    Args:
        organization: Whose job.
        gallery: Which gallery, if any.
        purpose: Of the job.
        kind: What it does.
        end_user: For whom.
        facts: What was declared so far.
        asked: Similarity asked for, 0 to 100.
    """
    size = rulings.gallery_size(gallery)
    stated = rulings.stated(
        purpose=purpose,
        kind=kind,
        end_user=end_user,
        gallery=gallery,
        declared=facts,
        threshold=asked,
    )
    ruling = _evaluate(organization, stated)
    demands = ruling.obligations
    budget = None if demands.thresholds_free else demands.false_candidate_budget or threshold.DEFAULT_BUDGET
    found = threshold.effective(
        asked=asked, floor=demands.min_similarity or 0.0, budget=budget, gallery_size=size
    )
    caution = sentences.caution(purpose, facts.get("subject_class", ""))
    return Estimate(
        ruling=ruling,
        asked=asked,
        effective=found.similarity,
        floor=demands.min_similarity or 0.0,
        caution=caution,
        meaning=_meaning(found, gallery if kind == JobKind.SEARCH else None, caution),
        unstated=_unanswered(kind, facts) or _unstated(ruling),
    )


def _meaning(found: Threshold, gallery: Gallery | None, caution: str) -> dict[str, Any]:
    expected = threshold.expectation(
        found.similarity,
        gallery_size=rulings.gallery_size(gallery) if gallery else None,
        pipeline=gallery.pipeline if gallery else "",
    )
    of_threshold = {"asked": found.asked, "why": sentences.THRESHOLDS[found.reason], "caution": caution}
    return meaning(expected) | of_threshold


def meaning(expected: Expectation) -> dict[str, Any]:
    """Return what `_components/threshold_meaning.html` says of a threshold, without what set it."""
    named, missed = expected.false_candidates, expected.missed
    return {
        "effective": expected.similarity,
        "fmr": sentences.one_in(expected.similarity),
        "gallery_size": expected.gallery_size,
        "expected_false": few(named.value) if named else None,
        "expected_between": f"{few(named.low)} to {few(named.high)}" if named else "",
        "missed": missed.value if missed else None,
        "missed_between": f"{_percent(missed.low)} to {_percent(missed.high)} %" if missed else "",
        "data_set": expected.data_set,
        "scale": expected.scale,
        "limits": _limits(expected),
    }


def _percent(share: float) -> str:
    return few(100 * share)


def _limits(expected: Expectation) -> list[str]:
    """Return in sentences what the figures do not carry."""
    if expected.missed is None:
        return ["How many true persons are missed was not measured for what made this gallery's templates."]
    limits = []
    if expected.is_provisional:
        limits.append(
            "Provisional: measured on press photos of adults, not group by group. Your photos may do worse."
        )
    if expected.is_beyond_data:
        limits.append("No data carry a rate this low: these figures are drawn on from higher ones.")
    return limits


def few(value: float) -> str:
    """Write an expected number: two digits are all it is worth."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"  # noqa: PLR2004 - whole numbers from ten on


def _evaluate(organization: Organization, stated: Stated) -> Ruling:
    holdings = held(organization, end_users=named_in(stated))
    return evaluate(facts_of(stated, holdings), holdings.lineage, at=holdings.now, known_at=holdings.now)


def _unanswered(kind: JobKind, facts: dict[str, Any]) -> str:
    """Return what the form still asks for: a verdict on half a request would only frighten."""
    needed = {"requested_by": "who asked for it", "subject_class": "whom the photos show"}
    if kind != JobKind.ENROLL:
        needed["probe_source"] = "where the photos come from"
    open_ = [words for name, words in needed.items() if name not in facts]
    return f"Say {', '.join(open_)}; how the rules stand appears here." if open_ else ""


def _unstated(ruling: Ruling) -> str:
    """Return what the deciding rule still needs, empty where it was all stated."""
    deciding = ruling.result_of(ruling.rule_id)
    return ruling.remedy if str(deciding.result) == "missing" else ""
