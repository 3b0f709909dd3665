"""Galleries in the memory of a worker: loaded once, in blocks, and kept while unchanged.

Templates stay turned by their gallery's secret, as they are stored; a search turns its probes instead. Of a
gallery that changed only what is new is loaded: a face keeps its template for as long as its gallery keeps
its pipeline, so the names of all faces tell which came, which went and whose they are now. Templates of faces
that went are overwritten with zeros. Everything here runs in the scope in force.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from portal.common import envelope
from portal.common.envelope import DataKey
from recognition.engine import protect
from recognition.engine.types import Float32
from recognition.models import Gallery, GalleryKey

Names = NDArray[np.bytes_]  # the 16 bytes of a UUID each; their order is that of the database

BLOCK = 16_384  # faces; 8 MB of 128-d templates
_MOST_PARTS = 4  # times as many as a fresh load makes, before all is loaded afresh
_MOST_TURNS = 64  # galleries whose rotations are kept; 66 kB each
_MOST_GONE = 0.25  # share of a matrix that may be zeros
_HEAD = 19  # bytes before the first row of a binary copy
_END = 2  # bytes behind the last
_TRIES = 3

_FACES = """
SELECT id, subject_id, key_version, template FROM recognition_face
WHERE organization_id = %s AND gallery_id = %s AND pipeline = %s
"""
_NAMES = """
SELECT id, subject_id FROM recognition_face
WHERE organization_id = %s AND gallery_id = %s AND pipeline = %s
"""


@dataclass(frozen=True, eq=False)
class Part:
    """Some faces of a gallery, stored under one version of its rotation.

    Attributes:
        key_version: Of the rotation.
        faces: Ids, shape (N,).
        subjects: Whose each is, shape (N,).
        templates: Shape (N, D), unit rows.
        gone: Shape (N,), true for faces that are not enrolled any more; None where all are.
    """

    key_version: int
    faces: Names
    subjects: Names
    templates: Float32
    gone: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Matrix:
    """The templates of a gallery at one version, and the rotations they are stored under."""

    version: int
    pipeline: str
    parts: tuple[Part, ...]
    rotations: dict[int, Float32]

    @property
    def nbytes(self) -> int:
        """Bytes of memory it takes."""
        return sum(p.templates.nbytes + p.faces.nbytes + p.subjects.nbytes for p in self.parts)


_kept: OrderedDict[UUID, Matrix] = OrderedDict()
_turns: OrderedDict[UUID, dict[tuple[int, int], Float32]] = OrderedDict()
_lock = threading.RLock()  # one load at a time: two at once would hold a gallery twice


def turns(gallery: Gallery, key: DataKey, dimensions: int) -> dict[int, Float32]:
    """Return the rotations of a gallery by key version; those of destroyed versions are let go.

    A rotation takes up to 50 ms to make, as long as a search.
    """
    with _lock:
        known = _turns.pop(gallery.pk, {})
        turned = {}
        for row in GalleryKey.objects.filter(gallery=gallery):
            turn = known.get((row.version, dimensions))
            turned[row.version] = protect.rotation(_seed(row, key), dimensions) if turn is None else turn
        _turns[gallery.pk] = {(version, dimensions): matrix for version, matrix in turned.items()}
        while len(_turns) > _MOST_TURNS:
            _turns.popitem(last=False)
        return turned


def holds(gallery: Gallery) -> bool:
    """Tell whether this process has the gallery in memory, at its present version."""
    held = _kept.get(gallery.pk)
    return held is not None and held.version == gallery.version


def matrix(gallery: Gallery, key: DataKey) -> Matrix:
    """Return the matrix of a gallery at the version its row shows, or newer."""
    with _lock:
        held = _kept.get(gallery.pk)
        if held is None or held.version != gallery.version:
            same = (
                held if held and held.pipeline == gallery.pipeline else None
            )  # else no template is the same
            held = _refreshed(same, gallery, key) if same else _loaded(gallery, key)
            _kept[gallery.pk] = held
            _drop_oldest()
        if gallery.pk in _kept:
            _kept.move_to_end(gallery.pk)
        return held


def id_of(name: bytes) -> UUID:
    """Return the id behind a name; NumPy hands out byte strings without the zeros at their end."""
    return UUID(bytes=name.ljust(16, b"\0"))


def forget(gallery_id: UUID) -> None:
    """Let a gallery go from memory."""
    with _lock:
        _kept.pop(gallery_id, None)
        _turns.pop(gallery_id, None)


def _seed(row: GalleryKey, key: DataKey) -> bytes:
    return envelope.open_sealed(key, bytes(row.seed), row.pk.bytes)


def _loaded(gallery: Gallery, key: DataKey) -> Matrix:
    """Load a gallery; once more where its re-key ended between the reading of its faces and of its keys."""
    for _ in range(_TRIES):
        parts = tuple(_read(gallery))
        rotations = _rotations(parts, gallery, key)
        if _is_whole(parts, rotations):
            return Matrix(gallery.version, gallery.pipeline, parts, rotations)
    raise RuntimeError("Faces lie under versions of the rotation that have no key.")


def _is_whole(parts: Iterable[Part], rotations: dict[int, Float32]) -> bool:
    return all(part.key_version in rotations for part in parts)


def _refreshed(held: Matrix, gallery: Gallery, key: DataKey) -> Matrix:
    """Return the matrix of a gallery that changed: what is still right of the old one, and what is new."""
    keys = set(GalleryKey.objects.filter(gallery=gallery).values_list("version", flat=True))
    now = _names(gallery)
    stays = [_still(part, now) for part in held.parts if part.key_version in keys]
    if not stays:
        return _loaded(gallery, key)
    known = np.concatenate([part.faces for part in stays])
    fresh = np.setdiff1d(now["face"], known, assume_unique=True)
    parts = (*stays, *(_read(gallery, fresh) if len(fresh) else ()))
    rotations = _rotations(parts, gallery, key)
    if _is_ragged(parts) or not _is_whole(parts, rotations):
        return _loaded(gallery, key)
    return Matrix(gallery.version, gallery.pipeline, parts, rotations)


def _still(part: Part, now: NDArray[Any]) -> Part:
    """Return a part as its faces are now; those that went are overwritten with zeros and left out."""
    at = np.searchsorted(now["face"], part.faces).clip(max=max(len(now) - 1, 0))
    stays = now["face"][at] == part.faces if len(now) else np.zeros(len(part.faces), dtype=bool)
    part.templates[~stays] = 0.0
    subjects = np.where(stays, now["subject"][at], part.subjects) if len(now) else part.subjects
    return replace(part, subjects=subjects, gone=None if stays.all() else ~stays)


def _is_ragged(parts: Sequence[Part]) -> bool:
    """Whether so much of a matrix is gone, or so many parts are small, that it is better loaded afresh."""
    faces = sum(len(part.faces) for part in parts)
    gone = sum(int(part.gone.sum()) for part in parts if part.gone is not None)
    return gone > faces * _MOST_GONE or len(parts) > _MOST_PARTS * (faces // BLOCK + 2)


def _rotations(parts: Iterable[Part], gallery: Gallery, key: DataKey) -> dict[int, Float32]:
    """Return the rotations that there are after the faces were read: a key is there before its first face.

    One is missing where a re-key turned the last face meanwhile and destroyed it.
    """
    sizes = {part.templates.shape[1] for part in parts}
    return turns(gallery, key, sizes.pop()) if sizes else {}


def _names(gallery: Gallery) -> NDArray[Any]:
    """Return `face` and `subject` of all faces of a gallery, in the order of faces."""
    layout = np.dtype([("fields", ">i2"), ("n1", ">i4"), ("face", "S16"), ("n2", ">i4"), ("subject", "S16")])
    rows = np.frombuffer(b"".join(_copied(gallery, _NAMES))[_HEAD:-_END], layout)
    return rows[["face", "subject"]][np.argsort(rows["face"], kind="stable")]


def _read(gallery: Gallery, only: Names | None = None) -> Iterator[Part]:
    """Read faces in one statement, so that each is seen once, with the version it had at one moment."""
    statement: str = _FACES
    values: list[Any] = []
    if only is not None:
        statement, values = _FACES + " AND id = ANY(%s::uuid[])", [[id_of(name) for name in only]]
    buffer, layout = bytearray(), None
    for piece in _copied(gallery, statement, *values):
        buffer += piece
        if layout is None and len(buffer) > _HEAD + _END:
            del buffer[:_HEAD]
            layout = _layout(buffer)
        if layout is not None and len(buffer) >= BLOCK * layout.itemsize + _END:
            yield from _parts(_cut(buffer, BLOCK * layout.itemsize), layout)
    if layout is not None:
        yield from _parts(_cut(buffer, len(buffer) - _END), layout)


def _copied(gallery: Gallery, statement: str, *more: Any) -> Iterator[bytes]:
    with connection.cursor() as cursor:
        values = (gallery.organization_id, gallery.pk, gallery.pipeline, *more)
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", values) as copy:
            yield from copy


def _layout(buffer: bytearray) -> np.dtype[Any]:
    """Return how a row of `_FACES` lies in a binary copy, after the length of its template."""
    head: list[Any] = [("fields", ">i2"), ("n1", ">i4"), ("face", "S16"), ("n2", ">i4"), ("subject", "S16")]
    head += [("n3", ">i4"), ("key_version", ">i4"), ("n4", ">i4"), ("dimensions", ">i2"), ("unused", ">i2")]
    first = np.frombuffer(bytes(buffer[: np.dtype(head).itemsize]), np.dtype(head))[0]
    return np.dtype([*head, ("template", ">f4", (int(first["dimensions"]),))])


def _cut(buffer: bytearray, size: int) -> bytes:
    piece = bytes(buffer[:size])
    del buffer[:size]
    return piece


def _parts(piece: bytes, layout: np.dtype[Any]) -> Iterator[Part]:
    rows = np.frombuffer(piece, layout)
    if (rows["dimensions"] != layout["template"].shape[0]).any():
        raise RuntimeError("Templates of two models lie in one gallery.")
    for version in np.unique(rows["key_version"]):
        own = rows[rows["key_version"] == version]
        yield Part(
            int(version),
            np.ascontiguousarray(own["face"]),
            np.ascontiguousarray(own["subject"]),
            own["template"].astype(np.float32),
        )


def _drop_oldest() -> None:
    """Keep to the limit; a gallery that is larger by itself is searched and not kept."""
    while _kept and sum(held.nbytes for held in _kept.values()) > settings.GALLERY_CACHE_BYTES:
        _kept.popitem(last=False)
