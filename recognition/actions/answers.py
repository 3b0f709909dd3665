"""What a synchronous call is answered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from compliance.models import RulingRecord
from recognition import ends, threshold
from recognition.ages import Comparison
from recognition.engine import grades
from recognition.engine.types import LOW_QUALITY, DetectedFace, ImageResult
from recognition.models import Call, Face
from recognition.threshold import Expectation


@dataclass(frozen=True)
class Named:
    """A gallery face at or above the threshold: a candidate that nobody reviewed. Not an identification.

    Attributes:
        face: Read with its subject and photo.
        similarity: 0 to 100.
        compared: What the calendar says about both photos; None where nobody is looked for.
    """

    face: Face
    similarity: float
    compared: Comparison | None = None


@dataclass(frozen=True)
class LeftOut:
    """A face that was found and not used, by its photo (0, or 1 for the second) and index; and why."""

    side: int
    index: int
    reason: str


@dataclass(frozen=True)
class Answered:
    """What came of a call that was let through and recorded.

    Attributes:
        call: Threshold in force and its reason, review, counts.
        ruling: What it was cleared under.
        photos: What each photo shows, largest face first; none where an enrolled face was searched for.
        left_out: Every face of the photos that was not used.
        candidates: Of a search, best first, by the index of each face that was searched for.
        similarities: Of a comparison, by the index of each face of the second photo that was compared.
        enrolled: Faces that are enrolled now, by index.
        compared: Of a comparison, what the calendar says about the two photos.
        expected: What errors to expect at the threshold; None where nothing was compared by intention.
    """

    call: Call
    ruling: RulingRecord
    photos: tuple[ImageResult, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    candidates: Mapping[int, tuple[Named, ...]] = field(default_factory=dict)
    similarities: Mapping[int, float] = field(default_factory=dict)
    enrolled: Mapping[int, Face] = field(default_factory=dict)
    compared: Comparison | None = None
    expected: Expectation | None = None

    @property
    def best_by_subject(self) -> dict[UUID, Named]:
        """The best candidate of each person, best first."""
        best: dict[UUID, Named] = {}
        every = sorted(
            (named for own in self.candidates.values() for named in own),
            key=lambda named: (-named.similarity, named.face.pk),
        )
        for named in every:
            best.setdefault(named.face.subject_id, named)
        return best


def left_out(photo: ImageResult, used: set[int], *, side: int = 0, bar: str = "NONE") -> Iterator[LeftOut]:
    """Yield the faces of a photo that were not used.

    Args:
        photo: What the engine found.
        used: Indexes of those that were.
        side: 0, or 1 for the second photo of a pair.
        bar: Least quality that the caller asked for.
    """
    for face in photo.faces:
        if face.index not in used:
            yield LeftOut(side, face.index, _reason(face, bar))


def expected(call: Call, ruling: RulingRecord, pipeline: str) -> Expectation:
    """Return what errors to expect at a call's threshold, in the gallery as it was ruled on."""
    size = ruling.facts["gallery_size"]
    return threshold.expectation(call.threshold, gallery_size=size, pipeline=pipeline)


def _reason(face: DetectedFace, bar: str) -> str:
    if face.reason:
        return face.reason
    return ends.OTHER_FACE if grades.passes(face.quality, bar) else LOW_QUALITY
