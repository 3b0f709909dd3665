"""Faces of photos that are in no collection: found, and compared with each other. Nothing of them is kept."""

from __future__ import annotations

from portal.aws import showing
from portal.aws.calls import Answer, Operation, WireCall
from portal.aws.errors import WireError
from portal.aws.orders import order_of
from portal.aws.pictures import picture_of
from portal.tenancy.roles import Permission
from recognition import ends, threshold
from recognition.actions import calls
from recognition.actions.answers import Answered
from recognition.engine import grades
from recognition.engine.types import DetectedFace
from recognition.models import JobKind

RECOGNIZE = (Permission.SUBMIT_JOBS,)
# What the service calls them, for the least quality of a face. AUTO leaves the choice to the service.
_BARS = {"AUTO": "LOW"}
NO_FACE = "There are no faces in the image. Should be at least 1."


def detect(call: WireCall) -> Answer:
    """Return every face of a photo. Whatever attributes are asked for, nothing is inferred about a person."""
    found = calls.detect(
        organization=call.organization,
        order=order_of(call, JobKind.DETECT),
        picture=picture_of(call),
        by=call.actor,
    )
    showing.tell(call, found)
    [photo] = found.photos
    return {"FaceDetails": [showing.compared_face(face, photo) for face in photo.faces]}


def compare(call: WireCall) -> Answer:
    """Compare the largest face of one photo with those of another, the 100 largest."""
    bar = bar_of(call)
    found = calls.compare(
        organization=call.organization,
        order=order_of(call, JobKind.COMPARE, threshold=similarity(call, "SimilarityThreshold")),
        source=picture_of(call, "SourceImage"),
        target=picture_of(call, "TargetImage"),
        bar=bar,
        by=call.actor,
    )
    showing.tell(call, found)
    return _compared(found, bar)


def _compared(found: Answered, bar: str) -> Answer:
    source, target = found.photos
    largest = first_usable(source.faces, bar)
    if largest is None or not found.similarities:
        raise no_face(found)
    ranked = sorted(found.similarities.items(), key=lambda one: (-one[1], one[0]))
    faces = {index: showing.compared_face(target.faces[index], target) for index, _ in ranked}
    least = found.call.threshold
    return {
        "SourceImageFace": {
            "BoundingBox": showing.box(largest, source),
            "Confidence": showing.confidence(largest),
        },
        "FaceMatches": [{"Similarity": s, "Face": faces[index]} for index, s in ranked if s >= least],
        "UnmatchedFaces": [faces[index] for index, s in ranked if s < least],
    }


def bar_of(call: WireCall, usual: str = "NONE") -> str:
    """Return the least quality of a face that a call asks for."""
    asked: str = call.get("QualityFilter", usual)
    return _BARS.get(asked, asked)


def similarity(call: WireCall, member: str) -> float:
    """Return the similarity that a call asks for; else what its key carries, or the service's default."""
    asked: float = call.get(member, call.key.defaults.get("threshold", threshold.DEFAULT))
    return asked


def first_usable(faces: tuple[DetectedFace, ...], bar: str) -> DetectedFace | None:
    """Return the largest face that can be compared and is as good as was asked for."""
    good = (face for face in faces if not face.reason and grades.passes(face.quality, bar))
    return next(good, None)


def no_face(found: Answered) -> WireError:
    """Return the error of a photo without a face to compare; where there are some, it says what is wrong."""
    reasons = sorted({one.reason for one in found.left_out} - {ends.OTHER_FACE})
    more = f" Faces that were found cannot be used: {', '.join(reasons)}." if reasons else ""
    return WireError("InvalidParameterException", NO_FACE + more, x_countenance_code="no_face")


OPERATIONS = {
    "DetectFaces": Operation(detect, RECOGNIZE),
    "CompareFaces": Operation(compare, RECOGNIZE),
}
