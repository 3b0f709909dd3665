"""Candidates by the person they show: somebody with five faces enrolled is one, with their best face first.

No row is lost by it: each candidate stands under its person, with its own id and judgment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from compliance.models import RulingRecord
from portal.common.ids import public_id
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition.actions import results
from recognition.actions.pair_rows import UNREVIEWED
from recognition.models import Candidate, CandidateStatus, Face, Job


def of_job(job: Job, ruling: RulingRecord, *, by: Actor) -> dict[str, Any]:
    """Return whom a search found, each person once with the best pair of faces, the most similar first.

    Args:
        job: Whose results.
        ruling: What `open_results` returned for this read.
        by: The reader. Where review comes before release, what nobody judged is left out and counted.

    Returns:
        `unreviewed`, and `people`: `rank`, `subject`, `subject_id`, `similarity` and `best` (of the pair),
        and all its `candidates`.

    Raises:
        Refused: `results_closed`.
    """
    with tenant_scope(job.organization_id):
        results.require_standing(ruling)
        results.require_open(job)
        seen = results.candidates(job, by)
        rows = seen.select_related("subject", "item").order_by("-similarity", "pk")
        unseen = Candidate.objects.filter(item__job=job).count() - seen.count()
        groups = by_subject(rows)
        people = [_person(rank, group) for rank, group in enumerate(groups, start=1)]
    return {UNREVIEWED: unseen, "people": people}


def by_subject(candidates: Iterable[Candidate]) -> list[list[Candidate]]:
    """Group candidates by the person they show; groups and rows keep the order they come in."""
    groups: dict[Any, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.subject_id, []).append(candidate)
    return list(groups.values())


def _person(rank: int, group: Sequence[Candidate]) -> dict[str, Any]:
    best = group[0]
    return {
        "rank": rank,
        "subject": best.subject.name,
        "subject_id": best.subject.public_id,
        "similarity": best.similarity,
        "best": _pair(best),
        "candidates": [_pair(one) for one in group],
    }


def _pair(one: Candidate) -> dict[str, Any]:
    probe = one.item.probe_id
    return {
        "id": one.public_id,
        "item": one.item.public_id,
        "probe": public_id(Face.PREFIX, probe) if probe else None,
        "face": public_id(Face.PREFIX, one.face_id),
        "similarity": one.similarity,
        "review": UNREVIEWED if one.status == CandidateStatus.CANDIDATE else str(one.status),
    }
