"""Exact search of a gallery: few probes by the database, many by the gallery's matrix in memory.

Both ways find the same faces at the same ranks with the same similarities: either only narrows down which
faces may be among the best, and those are measured by the one rule at the end of this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from portal.common.envelope import DataKey
from recognition import matrices
from recognition.engine import protect, scale, topk
from recognition.engine.topk import Block, Indices
from recognition.engine.types import Float32, ImageResult
from recognition.hits import Hit
from recognition.matrices import Matrix, Names
from recognition.models import Gallery

FEW = 4  # probes that cost the database less time than reading the gallery into memory
_SPARE = 8  # faces read beyond those wanted, to see whether the last ones are a tie
_TRIES = 3
_ROUNDING = 0.5  # of similarity: how far below a threshold faces are still measured

_NEAREST = """
SELECT * FROM (
    SELECT id, subject_id, key_version, template, {score} AS score FROM recognition_face
    WHERE organization_id = %(organization)s AND gallery_id = %(gallery)s AND pipeline = %(pipeline)s
) AS face
WHERE score <= %(farthest)s ORDER BY score LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Wanted:
    """What a search is to return: at most so many faces a probe, each at least so similar (0 to 100)."""

    threshold: float
    most: int

    def floor(self, pipeline: str) -> float:
        """Return a cosine that no face of this similarity stays below."""
        return 1.0 - scale.distance(max(self.threshold - _ROUNDING, 0.0), pipeline) ** 2 / 2


@dataclass(frozen=True, eq=False)
class _Near:
    """Faces that may be among the best: the probe of each, and the probe turned as its template is."""

    rows: Indices
    faces: Names
    subjects: Names
    turned: Float32
    templates: Float32


def find(gallery: Gallery, key: DataKey, probes: Float32, *, threshold: float, most: int) -> list[list[Hit]]:
    """Return for each probe the gallery faces at or above a similarity, best first, in the scope in force.

    Raises:
        InvalidInput: `no_scale`, the pipeline of the gallery was never calibrated.

    Args:
        gallery: What to search; its row read in this scope.
        key: The organization's data key.
        probes: Shape (P, D), unit rows, as the engine made them (not rotated).
        threshold: Similarity, 0 to 100.
        most: At most so many a probe.
    """
    wanted, pipeline = Wanted(threshold, most), gallery.pipeline or scale.DEFAULT_PIPELINE
    if len(probes) > FEW or matrices.holds(gallery):
        return by_matrix(matrices.matrix(gallery, key), probes, wanted, pipeline)
    return [by_database(gallery, key, probe, wanted) for probe in probes]


def one_by_one(
    gallery: Gallery, key: DataKey, probes: Float32, *, threshold: float, most: int
) -> list[list[Hit]]:
    """Like `find`, by the database alone: for processes that keep no gallery in memory."""
    wanted = Wanted(threshold, most)
    return [by_database(gallery, key, probe, wanted) for probe in probes]


def of_photos(
    gallery: Gallery, key: DataKey, photos: Sequence[ImageResult], *, threshold: float, most: int
) -> list[dict[int, list[Hit]]]:
    """Search every usable face of many photos at once; return the hits of each photo by its faces' index."""
    faces = [(number, face) for number, photo in enumerate(photos) for face in photo.usable]
    hits: list[dict[int, list[Hit]]] = [{} for _ in photos]
    if faces:
        probes = np.stack([face.template for _, face in faces if face.template is not None])
        found = find(gallery, key, probes, threshold=threshold, most=most)
        for (number, face), own in zip(faces, found, strict=True):
            hits[number][face.index] = own
    return hits


def by_matrix(matrix: Matrix, probes: Float32, wanted: Wanted, pipeline: str) -> list[list[Hit]]:
    """Search a gallery in memory."""
    turned = {version: protect.rotate(probes, turn) for version, turn in matrix.rotations.items()}
    blocks = (Block(turned[part.key_version], part.templates, part.gone) for part in matrix.parts)
    floor = wanted.floor(pipeline) if matrix.parts else -1.0
    rows, places = topk.nearest(blocks, probes=len(probes), k=wanted.most, floor=floor)
    near = _gathered(matrix, turned, rows, places)
    return _hits(near, len(probes), wanted, pipeline) if near else [[] for _ in probes]


def by_database(gallery: Gallery, key: DataKey, probe: Float32, wanted: Wanted) -> list[Hit]:
    """Search one probe, shape (D,), by one statement in the scope in force.

    A second one is asked where more faces than were read are as near as the last one wanted, or where the
    gallery's rotation was renewed between the reading of its keys and that of its faces.
    """
    for _ in range(_TRIES):
        turns = matrices.turns(gallery, key, len(probe))
        turned = {version: protect.rotate(probe, turn) for version, turn in turns.items()}
        rows = _nearest_rows(gallery, turned, wanted)
        if all(row[2] in turned for row in rows):
            return _hits([_of_rows(rows, turned)], 1, wanted, gallery.pipeline)[0] if rows else []
    raise RuntimeError("Faces lie under versions of the rotation that have no key.")


def _nearest_rows(gallery: Gallery, turned: dict[int, Float32], wanted: Wanted) -> list[Any]:
    limit = wanted.most + _SPARE
    rows = _asked(gallery, turned, wanted, limit)
    while len(rows) == limit and _is_crowded(rows, wanted):
        limit *= 2
        rows = _asked(gallery, turned, wanted, limit)
    return rows


def _asked(gallery: Gallery, turned: dict[int, Float32], wanted: Wanted, limit: int) -> list[Any]:
    """Return the rows nearest to a probe, and none that cannot be similar enough.

    Those under a version that is not known come before all others.
    """
    cases = " ".join(f"WHEN {version:d} THEN template <#> %(v{version:d})s::vector" for version in turned)
    score = f"CASE key_version {cases} ELSE '-Infinity' END" if cases else "'-Infinity'::float8"
    values: dict[str, Any] = {f"v{version}": protect.to_text(probe) for version, probe in turned.items()}
    values |= {"organization": gallery.organization_id, "gallery": gallery.pk, "limit": limit}
    values |= {"pipeline": gallery.pipeline, "farthest": -_floor(gallery, turned, wanted)}
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST.format(score=score), values)
        return list(cursor.fetchall())


def _floor(gallery: Gallery, turned: dict[int, Float32], wanted: Wanted) -> float:
    """Return a cosine that no face of the wanted similarity stays below, however the database adds up."""
    if not gallery.pipeline or not turned:
        return -1.0 - topk.slack(1)
    dimensions = len(next(iter(turned.values())))
    return wanted.floor(gallery.pipeline) - topk.slack(dimensions)


def _is_crowded(rows: list[Any], wanted: Wanted) -> bool:
    """Whether a face that was not read may be as near as the last one wanted."""
    return bool(rows[-1][4] - rows[wanted.most - 1][4] <= topk.slack(len(protect.from_text(rows[0][3]))))


def _of_rows(rows: list[Any], turned: dict[int, Float32]) -> _Near:
    faces, subjects, versions, templates, _ = zip(*rows, strict=True)
    return _Near(
        np.zeros(len(rows), dtype=np.int64),
        np.array([face.bytes for face in faces], dtype="S16"),
        np.array([subject.bytes for subject in subjects], dtype="S16"),
        np.stack([turned[version] for version in versions]),
        np.stack([protect.from_text(text) for text in templates]),
    )


def _gathered(matrix: Matrix, turned: dict[int, Float32], rows: Indices, places: Indices) -> list[_Near]:
    """Return what `nearest` found, part by part."""
    found, first = [], 0
    for part in matrix.parts:
        own = (places >= first) & (places < first + len(part.faces))
        at = places[own] - first
        probes = turned[part.key_version][rows[own]]
        found.append(_Near(rows[own], part.faces[at], part.subjects[at], probes, part.templates[at]))
        first += len(part.faces)
    return found


def _hits(near: Sequence[_Near], probes: int, wanted: Wanted, pipeline: str) -> list[list[Hit]]:
    """Measure, order and cut: the one rule for both ways."""
    rows = np.concatenate([one.rows for one in near])
    faces = np.concatenate([one.faces for one in near])
    subjects = np.concatenate([one.subjects for one in near])
    cosines = np.concatenate([topk.cosines(one.turned, one.templates) for one in near])
    best = topk.ranked(rows, cosines, faces, wanted.most)
    scores = scale.similarities(np.sqrt(np.maximum(2.0 - 2.0 * cosines[best], 0.0)), pipeline)
    hits: list[list[Hit]] = [[] for _ in range(probes)]
    for at, score in zip(best, scores, strict=True):
        if score >= wanted.threshold:
            hits[rows[at]].append(Hit(matrices.id_of(faces[at]), matrices.id_of(subjects[at]), float(score)))
    return hits
