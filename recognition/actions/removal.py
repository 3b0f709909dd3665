"""Deleting results and what people made of them, inside the caller's scope.

Reopenings, outcomes and withdrawals go with their candidate or pair by the database's own references.
"""

from __future__ import annotations

from typing import Any

from recognition.models import Adjudication, Candidate, FoundFace, Item, Job, Verification


def candidates(rows: Any) -> int:
    """Delete candidates with the judgments on them; return how many candidates."""
    Adjudication.objects.filter(candidate__in=rows.order_by().values("pk")).delete()
    count: int = rows.order_by().delete()[0]
    return count


def verifications(rows: Any) -> int:
    """Delete what pairs came to with the judgments on them; return how many."""
    Adjudication.objects.filter(verification__in=rows.order_by().values("pk")).delete()
    count: int = rows.order_by().delete()[0]
    return count


def results(job: Job) -> tuple[int, int]:
    """Delete all that a job found and whom its photos show; return how many faces, candidates and pairs."""
    count = candidates(Candidate.objects.filter(item__job=job))
    count += verifications(Verification.objects.filter(item__job=job))
    faces: int = FoundFace.objects.filter(item__job=job).order_by().delete()[0]
    Item.objects.filter(job=job).exclude(subject_name="").update(subject_name="")
    return faces, count
