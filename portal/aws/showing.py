"""What a recognition found, in the words of the service's model; what those have no place for, in headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from portal.aws import headers
from portal.aws.calls import WireCall
from portal.aws.wording import box_of, face_of
from portal.common.ids import public_id
from recognition import ends, writing
from recognition.actions.answers import Answered, LeftOut, Named
from recognition.engine import grades, identity
from recognition.engine.types import DetectedFace, ImageResult
from recognition.models import Face, Subject
from recognition.threshold import Expectation

_LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
_PERCENT = 100.0
NOT_LARGEST = "FACE_NOT_LARGEST"
CALL = "x-countenance-call"
EXPECTED = "x-countenance-expected"
NOT_USED = "x-countenance-faces-not-used"


def tell(call: WireCall, answered: Answered) -> None:
    """Say in headers under which ruling, threshold and review an answer stands, and what is not in it."""
    told = headers.of_call(answered.call, answered.ruling)
    if answered.expected is None:
        told = {headers.DECISION: told[headers.DECISION]}
    else:
        told[EXPECTED] = _expected(answered.expected)
    if answered.left_out:
        counts = Counter(one.reason for one in answered.left_out)
        reasons = ", ".join(f"{reason}={number}" for reason, number in sorted(counts.items()))
        told[NOT_USED] = f"{len(answered.left_out)}; {reasons}"
    call.headers.update(told | {CALL: answered.call.public_id})


def _expected(found: Expectation) -> str:
    """Say what errors to expect, e.g. `false-candidates=0.98; missed=0.21; children=not-measured`."""
    told = [f"false-match-rate={found.false_match_rate.value:.2g}"]
    if found.false_candidates:
        told.append(f"false-candidates={found.false_candidates.value:.2g}")
    told.append(f"missed={found.missed.value:.2g}" if found.missed else "missed=not-measured")
    return "; ".join([*told, "children=not-measured"])


def box(face: DetectedFace, photo: ImageResult) -> dict[str, float]:
    """Return where a face is, as shares of its photo."""
    return box_of(writing.box_json(face.box), photo.width, photo.height)


def confidence(face: DetectedFace) -> float:
    """Return how sure it is that this is a face, in percent."""
    return round(_PERCENT * face.quality.confidence, 2)


def compared_face(face: DetectedFace, photo: ImageResult) -> dict[str, Any]:
    """Return a face with what is known of it by default: nothing is inferred about the person."""
    shown: dict[str, Any] = {
        "BoundingBox": box(face, photo),
        "Confidence": confidence(face),
        "Landmarks": [
            {"Type": name, "X": round(float(x) / photo.width, 6), "Y": round(float(y) / photo.height, 6)}
            for name, (x, y) in zip(_LANDMARKS, face.landmarks, strict=True)
        ],
        "Quality": {
            "Brightness": grades.brightness(face.quality),
            "Sharpness": grades.sharpness(face.quality),
        },
    }
    if pose := face.quality.pose:
        degrees = {"Roll": pose.roll, "Yaw": pose.yaw, "Pitch": pose.pitch}
        shown["Pose"] = {name: round(max(-180.0, min(value, 180.0)), 2) for name, value in degrees.items()}
    return shown


def stored_face(face: Face) -> dict[str, Any]:
    """Return an enrolled face that was read with its photo and subject."""
    return face_of(
        face_id=face.pk,
        image_id=face.image_id,
        box=box_of(face.box, face.image.width, face.image.height),
        confidence=face.quality.get("confidence", 0.0),
        model_version=identity.model_version(face.pipeline),
        external_image_id=face.external_image_id,
        user_id="" if face.subject.is_unnamed else user_id(face.subject),
    )


def user_id(subject: Subject) -> str:
    """Return what the interface calls a person."""
    return subject.user_id or public_id(Subject.PREFIX, subject.pk)


def face_matches(named: Iterable[Named]) -> list[dict[str, Any]]:
    """Return candidates, best first."""
    return [{"Similarity": one.similarity, "Face": stored_face(one.face)} for one in named]


def user_matches(answered: Answered, most: int) -> list[dict[str, Any]]:
    """Return the people among the candidates that somebody named, each with their best face; best first."""
    people = [one for one in answered.best_by_subject.values() if not one.face.subject.is_unnamed]
    return [
        {
            "Similarity": one.similarity,
            "User": {"UserId": user_id(one.face.subject), "UserStatus": "ACTIVE"},
        }
        for one in people[:most]
    ]


def reasons(face: DetectedFace, left: LeftOut, bar: str, *, other: str) -> list[str]:
    """Return why a face was not used, in the service's words.

    Args:
        face: The face.
        left: Our own reason.
        bar: Least quality that was asked for.
        other: The word for a face that gave way to another one, or for which there is no room.
    """
    if left.reason in (ends.OTHER_FACE, ends.GALLERY_FULL):
        return [other]
    found = (*grades.reasons(face.quality), *grades.below(face.quality, bar))
    return list(dict.fromkeys(found)) or [grades.LOW_FACE_QUALITY]
