"""Compared pairs as data: how alike, against which threshold, and what that says and does not say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from recognition import comparisons, threshold
from recognition.actions.age_rows import age_row
from recognition.ages import Comparison
from recognition.models import CandidateStatus, Item, Job, JobKind, LeadOutcome, Verification

NOTICE = "A similarity is not an identification."
UNREVIEWED = "unreviewed"


class Compared(StrEnum):
    """What became of a pair."""

    AT_OR_ABOVE = "at_or_above"
    BELOW = "below"
    NOT_COMPARED = "not_compared"  # a photo has no usable face: this is not a "no"
    AWAITS_REVIEW = "awaits_review"  # withheld until reviewers have judged it
    LEFT_OUT = "left_out"  # of an export: reviewers made no lead of it


def of_items(job: Job, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
    """Return what the pairs among some items came to, by item; nothing of other jobs. In scope."""
    if job.kind != JobKind.COMPARE:
        return {}
    keys = [item.pk for item in items]
    rows = Verification.objects.filter(item__in=keys)
    found = {row.item_id: row for row in rows.select_related("first", "second")}
    ages, outcomes = comparisons.of_pairs(job, items), _outcomes(keys)
    return {
        key: {"pair": _pair_row(item, found.get(key), ages.get(key), outcomes.get(key, ""))}
        for key, item in zip(keys, items, strict=True)
    }


def withhold_unreviewed(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out how alike a pair is that waits for a judgment, and say so."""
    pair = row.get("pair")
    if pair and pair["compared"] == Compared.AT_OR_ABOVE and pair["review"] == UNREVIEWED:
        _withhold(pair, Compared.AWAITS_REVIEW)
    return row


def handed_on(row: dict[str, Any], leads: Collection[str], *, unreviewed: bool) -> dict[str, Any]:
    """Leave out what an export does not carry: pairs at or above the threshold that are no leads.

    Args:
        row: Of an item.
        leads: Ids that the export recorded as leads.
        unreviewed: Pairs that are no leads go along: nothing asks for their review.
    """
    pair = row.get("pair")
    if not pair or pair["compared"] != Compared.AT_OR_ABOVE:
        return row
    carried = pair["id"] in leads if pair["review"] == CandidateStatus.LEAD else unreviewed
    if not carried or pair["review"] in {CandidateStatus.REJECTED, CandidateStatus.WITHDRAWN}:
        _withhold(pair, Compared.LEFT_OUT)
    return row


def is_compared(row: dict[str, Any], face: dict[str, Any]) -> bool:
    """Tell whether a face in a row of results is one of the two that a pair compared."""
    pair = row.get("pair")
    if pair is None:
        return False
    compared: bool = face["index"] == pair["face" if face["photo"] == 1 else "second_face"]
    return compared


def estimates(similarity: float) -> dict[str, float]:
    """Return what a threshold means: the share of strangers at or above it, and of true persons below."""
    # One comparison is a search of a gallery with one face.
    rate = threshold.expected_false_candidates(similarity, 1)
    return {"fmr": float(f"{rate:.2g}"), "fnmr": round(threshold.share_missed(similarity), 4)}


def _withhold(pair: dict[str, Any], instead: Compared) -> None:
    pair |= {"compared": str(instead), "similarity": None}


def _outcomes(items: Collection[UUID]) -> dict[UUID, str]:
    """Return the newest outcome of each pair that became a lead, by its item."""
    rows = LeadOutcome.objects.filter(verification__item__in=items).order_by("created_at", "pk")
    return dict(rows.values_list("verification__item", "outcome"))


def _pair_row(
    item: Item, found: Verification | None, compared: Comparison | None, outcome: str
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "second": _photo_row(item),
        "compared": str(Compared.NOT_COMPARED),
        "notice": NOTICE,
    }
    row |= dict.fromkeys(("id", "similarity", "threshold", "fmr", "fnmr", "face", "second_face"))
    row |= {"review": "", "outcome": outcome, "age": age_row(compared) if compared else None}
    if found is None:
        return row
    reviewed = found.status != CandidateStatus.CANDIDATE
    return row | {
        "id": found.public_id,
        "compared": str(Compared.AT_OR_ABOVE if found.is_alike else Compared.BELOW),
        "similarity": found.similarity,
        "threshold": found.threshold,
        "face": found.first.index,
        "second_face": found.second.index,
        "review": (found.status if reviewed else UNREVIEWED) if found.is_alike else "",
        **estimates(found.threshold),
    }


def _photo_row(item: Item) -> dict[str, Any]:
    image = item.second
    if image is None:  # the database keeps this from being stored
        raise RuntimeError("A pair without a second photo cannot be stored.")
    return {
        "image": image.public_id,
        "name": image.name,
        "sha256": image.sha256,
        "reason": item.second_reason,
        "faces": item.second_faces,
    }
