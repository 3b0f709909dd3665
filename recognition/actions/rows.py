"""Results as data: one row an item, with its faces and their candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from portal.common.ids import public_id
from recognition import comparisons
from recognition.actions import pair_rows
from recognition.actions.age_rows import age_row
from recognition.actions.pair_rows import UNREVIEWED
from recognition.ages import Comparison
from recognition.models import Candidate, CandidateStatus, FoundFace, Item, Job, LeadOutcome


def describe(job: Job, items: Sequence[Item]) -> list[dict[str, Any]]:
    """Return items of a job with their faces and candidates as data, in few queries. In scope."""
    keys = [item.pk for item in items]
    faces: dict[UUID, list[FoundFace]] = {}
    for face in FoundFace.objects.filter(item__in=keys):
        faces.setdefault(face.item_id, []).append(face)
    rows = Candidate.objects.filter(item__in=keys).order_by("rank")
    found = list(rows.select_related("subject", *comparisons.RELATED).defer("face__template"))
    compared, outcomes = comparisons.of_candidates(job, found), _outcomes(keys)
    candidates: dict[UUID, list[dict[str, Any]]] = {}
    for candidate in found:
        row = _candidate_row(candidate, compared.get(candidate.pk), outcomes.get(candidate.pk, ""))
        candidates.setdefault(candidate.found_id, []).append(row)
    pairs = pair_rows.of_items(job, items)
    made = [_item_row(item, faces.get(item.pk, []), candidates) | pairs.get(item.pk, {}) for item in items]
    return [by_subject(row) for row in made]


def by_subject(row: dict[str, Any]) -> dict[str, Any]:
    """Say of each face in a row of results whom its candidates show, each person once."""
    for face in row["faces"]:
        face["subjects"] = _of_rows(face["candidates"])
    return row


def withhold_unreviewed(row: dict[str, Any]) -> dict[str, Any]:
    """Leave candidates that nobody judged out of a row, and count them."""
    for face in row["faces"]:
        judged = [one for one in face["candidates"] if one["reviewed"]]
        face[UNREVIEWED] += len(face["candidates"]) - len(judged)
        face["candidates"] = judged
    by_subject(row)
    return pair_rows.withhold_unreviewed(row)


def handed_on(
    row: dict[str, Any], leads: Collection[str], *, unreviewed: bool, alone: bool
) -> dict[str, Any]:
    """Leave out of a row what an export does not carry, and count it by what it is.

    Args:
        row: Of an item.
        leads: Ids of the leads that the export recorded; one that was made since is not among them.
        unreviewed: Candidates that are no leads go along: nothing asks for their review.
        alone: The photo's other faces are left out too: the export is of one lead.
    """
    for face in row["faces"]:
        carried = [one for one in face["candidates"] if _is_carried(one, leads, unreviewed)]
        counts = Counter(one["review"] for one in face["candidates"] if one not in carried)
        face["candidates"] = carried
        face[UNREVIEWED] += counts.pop(UNREVIEWED, 0)
        face["left_out"] = dict(sorted(counts.items()))
    by_subject(row)
    if alone:
        row["faces"] = [
            face for face in row["faces"] if face["candidates"] or pair_rows.is_compared(row, face)
        ]
    return pair_rows.handed_on(row, leads, unreviewed=unreviewed)


def _of_rows(candidates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in candidates:
        groups.setdefault(one["subject_id"], []).append(one)
    return [
        {
            "subject_id": subject,
            "subject": rows[0]["subject"],
            "rank": rank,
            "similarity": rows[0]["similarity"],
            "best": rows[0]["id"],
            "candidates": [one["id"] for one in rows],
        }
        for rank, (subject, rows) in enumerate(groups.items(), start=1)
    ]


def _is_carried(row: dict[str, Any], leads: Collection[str], unreviewed: bool) -> bool:
    if row["status"] == CandidateStatus.LEAD:
        return row["id"] in leads
    return unreviewed and row["status"] in {CandidateStatus.CANDIDATE, CandidateStatus.INCONCLUSIVE}


def _outcomes(items: Sequence[UUID]) -> dict[UUID, str]:
    """Return the newest outcome of each lead."""
    rows = LeadOutcome.objects.filter(lead__item__in=items).order_by("created_at", "pk")
    return dict(rows.values_list("lead", "outcome"))


def _item_row(
    item: Item, faces: list[FoundFace], candidates: dict[UUID, list[dict[str, Any]]]
) -> dict[str, Any]:
    return {
        "id": item.public_id,
        "position": item.position,
        "image": item.image.public_id,
        "name": item.image.name,
        "sha256": item.image.sha256,
        "subject": item.subject_name,
        "status": item.status,
        "reason": item.reason,
        "faces": [_face_row(face) | {"candidates": candidates.get(face.pk, [])} for face in faces],
    }


def _face_row(face: FoundFace) -> dict[str, Any]:
    return {
        "photo": face.side + 1,
        "index": face.index,
        "box": face.box,
        "quality": face.quality,
        "reason": face.reason,
        UNREVIEWED: 0,
    }


def _candidate_row(candidate: Candidate, compared: Comparison | None, outcome: str) -> dict[str, Any]:
    reviewed = candidate.status != CandidateStatus.CANDIDATE
    return {
        "id": candidate.public_id,
        "rank": candidate.rank,
        "subject": candidate.subject.name,
        "subject_id": candidate.subject.public_id,
        "face": public_id("fac", candidate.face_id),
        "similarity": candidate.similarity,
        "status": candidate.status,
        "reviewed": reviewed,
        "review": candidate.status if reviewed else UNREVIEWED,
        "outcome": outcome,
        "age": age_row(compared) if compared else None,
    }
