"""What happened to a person of a gallery: merged, taken apart, faces that came and went. In scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from portal.tenancy.models import Organization
from portal.web.names import names_of
from recognition.models import FaceMove, Subject, SubjectMerge

SHOWN = 50


def of(found: Subject, organization: Organization) -> list[dict[str, Any]]:
    """Return a person's history as `_components/timeline.html` takes it, the newest first."""
    merges = SubjectMerge.objects.filter(Q(survivor=found) | Q(merged=found)).select_related(
        "survivor", "merged"
    )
    events = [*_merged(merges.order_by("-pk")[:SHOWN]), *_moved(found)]
    names = names_of({event["actor"] for event in events}, organization)
    told = [{**event, "actor": names[event["actor"]]} for event in events]
    return sorted(told, key=lambda event: event["at"], reverse=True)[:SHOWN]


def _merged(merges: QuerySet[SubjectMerge]) -> Iterator[dict[str, Any]]:
    counts = _faces_of(merges)
    for one in merges:
        title = f"{one.merged} was merged into {one.survivor}, with {_faces(counts.get(one.pk, 0))}"
        yield {"at": one.merged_at, "title": title, "actor": one.merged_by, "text": one.reason}
        if one.undone_at:
            title = f"{one.merged} and {one.survivor} were taken apart"
            yield {
                "at": one.undone_at,
                "title": title,
                "actor": one.undone_by,
                "text": one.undone_because,
            }


def _faces_of(merges: QuerySet[SubjectMerge]) -> dict[Any, int]:
    """Return how many faces came with each merge, of those that are still enrolled."""
    keys = [one.pk for one in merges]
    moves = FaceMove.objects.filter(merge__in=keys, went_to=F("merge__survivor")).order_by()
    return dict(moves.values_list("merge").annotate(number=Count("pk")))


def _moved(found: Subject) -> Iterator[dict[str, Any]]:
    """Yield the faces that were moved one by one; those of a merge are told with it."""
    moves = FaceMove.objects.filter(Q(came_from=found) | Q(went_to=found), merge=None)
    for one in moves.select_related("came_from", "went_to").order_by("-pk")[:SHOWN]:
        title = f"A face went from {one.came_from} to {one.went_to}"
        yield {"at": one.moved_at, "title": title, "actor": one.moved_by, "text": one.reason}


def _faces(number: int) -> str:
    return "1 face" if number == 1 else f"{number} faces"
