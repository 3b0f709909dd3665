"""How alike enrolled faces of one gallery are to each other, by the templates that are stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import numpy as np

from portal.common.envelope import DataKey
from recognition import matrices
from recognition.engine import protect, scale
from recognition.engine.types import Float32
from recognition.models import Face, Gallery

Templates = Mapping[UUID, Float32]


def read(gallery: Gallery, key: DataKey, faces: Collection[UUID]) -> Templates:
    """Return templates by face, all turned alike, in the scope in force; those of other pipelines left out.

    Args:
        gallery: Locked, so that no re-key turns them meanwhile.
        key: The organization's data key.
        faces: Which ones.
    """
    rows = Face.objects.searched().filter(gallery=gallery, pk__in=faces)
    found = {
        pk: (version, stored) for pk, version, stored in rows.values_list("pk", "key_version", "template")
    }
    if not found:
        return {}
    size = len(next(iter(found.values()))[1])
    turns = matrices.turns(gallery, key, size)
    # Turned back: while a re-key runs, faces of one gallery lie under two versions of its rotation.
    return {
        pk: protect.rotate(np.asarray(stored, dtype=np.float32), turns[version].T)
        for pk, (version, stored) in found.items()
    }


def best(templates: Templates, face: UUID, others: Collection[UUID], pipeline: str) -> float | None:
    """Return the highest similarity, 0 to 100, of a face to any of others; None where none compares."""
    own = templates.get(face)
    known = [templates[other] for other in others if other in templates]
    if own is None or not known:
        return None
    cosine = float(np.max(np.stack(known).astype(np.float64) @ own.astype(np.float64)))
    return scale.similarity(float(np.sqrt(max(2.0 - 2.0 * cosine, 0.0))), pipeline)
