"""What travels between a synchronous call and the worker that serves it: packed, sealed, and taken once.

The photos of a call lie in Redis for at most a minute, sealed under their organization's data key and bound
to the call. What waits in line is the call's id alone. The answer comes back the same way. Templates travel
only where a face is to be enrolled; whatever is searched or compared is so in the worker.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

import numpy as np

from portal.common import envelope
from portal.common.envelope import DataKey
from recognition.engine.types import Box, DetectedFace, Float32, ImageResult, Pose, Quality
from recognition.hits import Hit

STOPPED, BROKE = "stopped", "broke"  # the ruling does not stand any more; the engine or the database failed
MOST_COMPARED = 100  # faces of the second photo, the largest
_NUMBER = 4  # bytes of a length
_ID = 16


@dataclass(frozen=True)
class Ask:
    """What a worker is asked for.

    Attributes:
        call: Id of the call.
        organization: Whose call it is.
        kind: A `JobKind`.
        policy_epoch: Under which the call was cleared; under another no face is looked at.
        organization_epoch: Likewise.
        gallery: Which gallery to search.
        threshold: Least similarity, 0 to 100.
        most: Candidates of a face.
        only_largest: Search only for the largest usable face.
        bar: Least quality of a face, as `grades.passes` knows it.
        sketches_under: Of a pair in a test, the secret in hexadecimal that sketches are drawn with.
    """

    call: UUID
    organization: UUID
    kind: str
    policy_epoch: int
    organization_epoch: int
    gallery: UUID | None = None
    threshold: float = 0.0
    most: int = 1
    only_largest: bool = False
    bar: str = "NONE"
    sketches_under: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of it.

    Attributes:
        pipeline: What the worker looked with.
        photos: What each photo shows. Templates are left out, but for enrollment: a face can be compared
            where it has no reason against it.
        hits: Of a search, by the index of each face that was searched for.
        similarities: Of a comparison, by the index of each face of the second photo that was compared.
        sketches: Of a pair in a test that was compared, of the first face and the second.
        problem: Code of why nothing was looked at or searched; empty where all was.
    """

    pipeline: str = ""
    photos: tuple[ImageResult, ...] = ()
    hits: dict[int, list[Hit]] = field(default_factory=dict)
    similarities: dict[int, float] = field(default_factory=dict)
    sketches: tuple[bytes, ...] = ()
    problem: str = ""


def pack(ask: Ask, photos: Sequence[bytes], key: DataKey) -> bytes:
    """Return an order with its photos, sealed; in front, in the clear, whose key opens it."""
    words = {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(ask).items()}
    head = json.dumps({"ask": words, "sizes": [len(photo) for photo in photos]}).encode()
    parts = [len(head).to_bytes(_NUMBER, "big"), head, *photos]
    sealed = envelope.seal_stream(key, parts, ask.call.bytes + b"ask")
    return b"".join([ask.organization.bytes, *sealed])  # photos are large: joined once, not three times


def owner_of(packed: bytes) -> UUID:
    """Return whose key opens a packed order."""
    return UUID(bytes=packed[:_ID])


def unpack(packed: bytes, call: UUID, key: DataKey) -> tuple[Ask, list[bytes]]:
    """Return an order and its photos.

    Raises:
        EnvelopeError: `sealed_damaged`; it belongs to another call, say.
    """
    whole = memoryview(envelope.open_sealed(key, packed[_ID:], call.bytes + b"ask"))
    at = _NUMBER + int.from_bytes(whole[:_NUMBER], "big")
    told, photos = json.loads(bytes(whole[_NUMBER:at])), []
    for size in told["sizes"]:
        photos.append(bytes(whole[at : at + size]))
        at += size
    words = told["ask"]
    for name in ("call", "organization", "gallery"):
        words[name] = UUID(words[name]) if words[name] else None
    return Ask(**words), photos


def pack_answer(answer: Answer, call: UUID, key: DataKey) -> bytes:
    """Return an answer, sealed."""
    told = {
        "pipeline": answer.pipeline,
        "photos": [_photo(photo) for photo in answer.photos],
        "hits": {index: [_hit(hit) for hit in own] for index, own in answer.hits.items()},
        "similarities": answer.similarities,
        "sketches": [one.hex() for one in answer.sketches],
        "problem": answer.problem,
    }
    return envelope.seal(key, json.dumps(told).encode(), call.bytes + b"answer")


def unpack_answer(packed: bytes, call: UUID, key: DataKey) -> Answer:
    """Return an answer.

    Raises:
        EnvelopeError: `sealed_damaged`.
    """
    told = json.loads(envelope.open_sealed(key, packed, call.bytes + b"answer"))
    return Answer(
        told["pipeline"],
        tuple(_photo_of(photo) for photo in told["photos"]),
        {int(index): [_hit_of(hit) for hit in own] for index, own in told["hits"].items()},
        {int(index): value for index, value in told["similarities"].items()},
        tuple(bytes.fromhex(one) for one in told["sketches"]),
        told["problem"],
    )


def without_templates(photo: ImageResult) -> ImageResult:
    """Return what a photo shows, its templates left out."""
    return replace(photo, faces=tuple(replace(face, template=None) for face in photo.faces))


def _photo(photo: ImageResult) -> dict[str, Any]:
    own = {"width": photo.width, "height": photo.height, "reason": photo.reason}
    return own | {"faces": [_face(face) for face in photo.faces]}


def _photo_of(told: dict[str, Any]) -> ImageResult:
    faces = tuple(_face_of(index, face) for index, face in enumerate(told["faces"]))
    return ImageResult("", told["width"], told["height"], faces, told["reason"])


def _face(face: DetectedFace) -> dict[str, Any]:
    return {
        "box": asdict(face.box),
        "points": face.landmarks.tolist(),
        "quality": asdict(face.quality),
        "reason": face.reason,
        "template": None if face.template is None else _text(face.template),
    }


def _face_of(index: int, told: dict[str, Any]) -> DetectedFace:
    quality = dict(told["quality"])
    pose = Pose(**quality.pop("pose")) if quality["pose"] else quality.pop("pose")
    return DetectedFace(
        index,
        Box(**told["box"]),
        np.asarray(told["points"], dtype=np.float32),
        Quality(**quality, pose=pose),
        _template(told["template"]),
        told["reason"],
    )


def _text(template: Float32) -> str:
    return base64.b64encode(template.astype("<f4").tobytes()).decode()


def _template(text: str | None) -> Float32 | None:
    return None if text is None else np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32)


def _hit(hit: Hit) -> list[Any]:
    return [str(hit.face_id), str(hit.subject_id), hit.similarity]


def _hit_of(told: list[Any]) -> Hit:
    return Hit(UUID(told[0]), UUID(told[1]), told[2])
