"""Exact search of a gallery: its templates in one matrix, loaded once a worker and kept while unchanged."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from portal.common import envelope
from portal.common.envelope import DataKey
from recognition.engine import protect, scale
from recognition.engine.topk import top_k
from recognition.engine.types import Float32
from recognition.models import Face, Gallery, GalleryKey

_KEEP_BYTES = 2_000_000_000  # of matrices in one worker; the least recently used go first
_READ_ROWS = 5_000


@dataclass(frozen=True)
class Matrix:
    """The templates of a gallery at one version, turned back from its secret rotation."""

    version: int
    faces: list[UUID]
    subjects: list[UUID]
    templates: Float32


@dataclass(frozen=True)
class Hit:
    """A gallery face at or above a threshold."""

    face_id: UUID
    subject_id: UUID
    similarity: float


_kept: OrderedDict[UUID, Matrix] = OrderedDict()


def seeds(gallery: Gallery, key: DataKey) -> dict[int, bytes]:
    """Return the rotation seeds of a gallery by key version, in the scope in force."""
    rows = GalleryKey.objects.filter(gallery=gallery)
    return {row.version: envelope.open_sealed(key, bytes(row.seed), row.pk.bytes) for row in rows}


def matrix(gallery: Gallery, key: DataKey) -> Matrix:
    """Return the matrix of a gallery at its present version, in the scope in force."""
    held = _kept.get(gallery.pk)
    if held is None or held.version != gallery.version:
        held = _load(gallery, key)
        _kept[gallery.pk] = held
        _drop_oldest()
    _kept.move_to_end(gallery.pk)
    return held


def candidates(probes: Float32, gallery: Matrix, *, threshold: float, most: int) -> list[list[Hit]]:
    """Return for each probe the gallery faces at or above a similarity, best first.

    Args:
        probes: Shape (P, D), unit rows, as the engine made them (not rotated).
        gallery: What to search.
        threshold: Similarity, 0 to 100.
        most: At most so many a probe.
    """
    if not len(gallery.faces) or not len(probes):
        return [[] for _ in range(len(probes))]
    indices, cosines = top_k(probes, gallery.templates, min(most, len(gallery.faces)))
    scores = scale.similarities(np.sqrt(np.maximum(2.0 - 2.0 * cosines, 0.0)))
    return [
        [
            Hit(gallery.faces[index], gallery.subjects[index], float(score))
            for index, score in zip(row, row_scores, strict=True)
            if score >= threshold
        ]
        for row, row_scores in zip(indices, scores, strict=True)
    ]


def _load(gallery: Gallery, key: DataKey) -> Matrix:
    rotations: dict[int, NDArray[np.float32]] = {}
    opened = seeds(gallery, key)
    faces: list[UUID] = []
    subjects: list[UUID] = []
    blocks: list[Float32] = []
    rows = Face.objects.filter(gallery=gallery).order_by("pk")
    for version in sorted(opened):
        templates: list[NDArray[np.float32]] = []
        values = rows.filter(key_version=version).values_list("pk", "subject_id", "template")
        for face_id, subject_id, template in values.iterator(chunk_size=_READ_ROWS):
            faces.append(face_id)
            subjects.append(subject_id)
            templates.append(np.asarray(template, dtype=np.float32))
        if templates:
            block = np.stack(templates)
            rotations[version] = protect.rotation(opened[version], block.shape[1])
            blocks.append(np.asarray(protect.rotate(block, rotations[version].T), dtype=np.float32))
    whole = np.concatenate(blocks) if blocks else np.empty((0, 0), dtype=np.float32)
    return Matrix(gallery.version, faces, subjects, whole)


def _drop_oldest() -> None:
    while len(_kept) > 1 and sum(held.templates.nbytes for held in _kept.values()) > _KEEP_BYTES:
        _kept.popitem(last=False)
