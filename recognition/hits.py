"""What a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Hit:
    """A gallery face at or above a threshold."""

    face_id: UUID
    subject_id: UUID
    similarity: float
