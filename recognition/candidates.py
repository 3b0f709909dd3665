"""Writing the candidates of a shard: some for each photo, so quickly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from random import SystemRandom
from typing import Any, TypeAlias
from uuid import UUID

from django.db import connection

from portal.common.ids import uuid7
from recognition.models import CandidateStatus, Face, FoundFace, Gallery, Subject
from recognition.search import Hit

Found: TypeAlias = Sequence[tuple[FoundFace, list[Hit]]]
_AT_ONCE = 2_000
_CHANCE = SystemRandom()
# Django's own way to insert many rows makes an object of each; candidates are most of what a search writes.
_WRITE = """
INSERT INTO recognition_candidate
    (organization_id, status, round, id, item_id, found_id, face_id, subject_id, rank, similarity)
SELECT %s, %s, 1, hit.*
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::smallint[], %s::float8[]) AS hit
"""


def write(gallery: Gallery, found: Found, *, besides: Subject | None = None) -> None:
    """Write hits whose face is still enrolled; the lock keeps erasures and merges from overtaking.

    Whom a face shows is read under it: the matrix may be older than a merge.

    Args:
        gallery: What was searched.
        found: Each face that was searched for, with its hits.
        besides: Somebody who is no candidate: the person who is searched for.
    """
    Gallery.objects.locked().get(pk=gallery.pk)
    named = {hit.face_id for _, hits in found for hit in hits}
    enrolled = dict(Face.objects.filter(pk__in=named).values_list("pk", "subject_id"))
    shown = {face: whom for face, whom in enrolled.items() if besides is None or whom != besides.pk}
    rows = list(_rows(found, shown))
    for start in range(0, len(rows), _AT_ONCE):
        columns = zip(*rows[start : start + _AT_ONCE], strict=True)
        with connection.cursor() as cursor:
            values = [_array(column) for column in columns]
            cursor.execute(_WRITE, [gallery.organization_id, CandidateStatus.CANDIDATE.value, *values])


def _rows(found: Found, shown: dict[UUID, UUID]) -> Iterator[tuple[Any, ...]]:
    for row, hits in found:
        own = [hit for hit in hits if hit.face_id in shown]
        ids = [uuid7() for _ in own]
        _CHANCE.shuffle(ids)  # they are ordered by time, and reviewers who see them must not learn the rank
        for rank, (key, hit) in enumerate(zip(ids, own, strict=True), start=1):
            whom, similarity = shown[hit.face_id], round(hit.similarity, 3)
            yield key, row.item_id, row.pk, hit.face_id, whom, rank, similarity


def _array(values: Collection[Any]) -> str:
    """Return ids or numbers as PostgreSQL writes an array of them."""
    return "{" + ",".join(map(str, values)) + "}"
