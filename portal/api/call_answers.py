"""What `detect/`, `compare/` and `galleries/{id}/search/` answer with."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from portal.api.documents import RulingBrief
from portal.api.endpoint import PublicId
from portal.api.jobs import brief
from portal.api.progress import EstimateOutput
from portal.common.ids import public_id
from recognition import writing
from recognition.actions.age_rows import age_row
from recognition.actions.answers import Answered, Named
from recognition.engine.types import DetectedFace, ImageResult
from recognition.models import Face, Subject

NOTICE = (
    "A face without a candidate does not show that the person is absent. "
    "A similarity is not an identification."
)
UNREVIEWED = "unreviewed"
# Shown once: who repeats a call under its Idempotency-Key is told that it was answered, and gets no face
# again. A rule may have stopped it meanwhile.
SHOWN_ONCE = frozenset({"photos", "searched", "compared", "age"})


class FaceShown(serializers.Serializer[Any]):
    """A face of a photo, used or not."""

    index = serializers.IntegerField(help_text="Number in its photo, largest face first.")
    box = serializers.JSONField(help_text="left, top, width, height in pixels of the upright photo.")
    landmarks = serializers.ListField(
        help_text="Eye on the left, other eye, nose, corners of the mouth: x, y in pixels."
    )
    quality = serializers.JSONField()
    reason = serializers.CharField(help_text="Why it was not used, where it was not.")


class PhotoShown(serializers.Serializer[Any]):
    """A photo as the engine saw it."""

    width = serializers.IntegerField(help_text="Pixels, upright.")
    height = serializers.IntegerField(help_text="Pixels, upright.")
    reason = serializers.CharField(help_text="Why no face of it could be compared, where none could.")
    faces = FaceShown(many=True)


class CandidateShown(serializers.Serializer[Any]):
    """An enrolled face at or above the threshold. Not an identification."""

    rank = serializers.IntegerField()
    face = serializers.CharField()
    subject_id = serializers.CharField()
    subject = serializers.CharField(help_text="The organization's own reference of the person.")
    image = serializers.CharField()
    similarity = serializers.FloatField()
    review = serializers.CharField(help_text="unreviewed: nobody judged it.")
    age = serializers.JSONField(allow_null=True, help_text="The years between both photos, and cautions.")


class Searched(serializers.Serializer[Any]):
    """One face that was searched for."""

    index = serializers.IntegerField(
        help_text="Of the photo's face; of an enrolled person, of their faces in order of enrollment."
    )
    candidates = CandidateShown(many=True)


class ComparedFace(serializers.Serializer[Any]):
    """A face of the second photo beside the largest of the first."""

    index = serializers.IntegerField()
    similarity = serializers.FloatField()
    alike = serializers.BooleanField(help_text="At or above the threshold. Not an identification.")
    review = serializers.CharField(help_text="unreviewed, where it is at or above the threshold.")


class CallOutput(serializers.Serializer[Any]):
    """What came of a call that was answered at once."""

    id = serializers.CharField()
    kind = serializers.CharField()
    gallery = PublicId("gal", allow_null=True)
    notice = serializers.CharField()
    threshold = serializers.FloatField(help_text="Similarity in force, 0 to 100.")
    threshold_asked = serializers.FloatField()
    threshold_reason = serializers.CharField(help_text="What set it: asked, floor or budget.")
    review = serializers.CharField(help_text="none or after_delivery")
    faces = serializers.IntegerField(help_text="Found.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text="Faces that were not used, by reason code."
    )
    candidates = serializers.IntegerField(help_text="At or above the threshold.")
    estimate = EstimateOutput(allow_null=True, help_text="What errors to expect; null for detect.")
    photos = PhotoShown(many=True)
    searched = Searched(many=True, help_text="Of a search.")
    compared = ComparedFace(many=True, help_text="Of a comparison; empty where a photo has no usable face.")
    age = serializers.JSONField(allow_null=True, help_text="Of a comparison: the years between both photos.")
    ruling = RulingBrief()


def described(answered: Answered) -> dict[str, Any]:
    """Return an answer as data, as `CallOutput` describes it."""
    call = answered.call
    same = ("kind", "threshold", "threshold_asked", "threshold_reason", "review", "faces", "left_out")
    return {
        "id": call.public_id,
        "gallery": public_id("gal", call.gallery_id) if call.gallery_id else None,
        "notice": NOTICE,
        **{name: getattr(call, name) for name in same},
        "candidates": call.candidates,
        "estimate": asdict(answered.expected) if answered.expected else None,
        "photos": [_photo(photo, side, answered) for side, photo in enumerate(answered.photos)],
        "searched": [
            {"index": index, "candidates": [_candidate(rank, one) for rank, one in enumerate(own, start=1)]}
            for index, own in answered.candidates.items()
        ],
        "compared": [
            _compared(index, value, call.threshold) for index, value in answered.similarities.items()
        ],
        "age": age_row(answered.compared) if answered.compared else None,
        "ruling": brief(answered.ruling),
    }


def _photo(photo: ImageResult, side: int, answered: Answered) -> dict[str, Any]:
    left = {one.index: one.reason for one in answered.left_out if one.side == side}
    return {
        "width": photo.width,
        "height": photo.height,
        "reason": photo.reason or "",
        "faces": [_face(face, left.get(face.index, face.reason or "")) for face in photo.faces],
    }


def _face(face: DetectedFace, reason: str) -> dict[str, Any]:
    return {
        "index": face.index,
        "box": writing.box_json(face.box),
        "landmarks": [[round(float(x), 1), round(float(y), 1)] for x, y in face.landmarks],
        "quality": writing.quality_json(face.quality),
        "reason": reason,
    }


def _candidate(rank: int, named: Named) -> dict[str, Any]:
    return {
        "rank": rank,
        "face": public_id(Face.PREFIX, named.face.pk),
        "subject_id": public_id(Subject.PREFIX, named.face.subject_id),
        "subject": named.face.subject.name,
        "image": public_id("img", named.face.image_id),
        "similarity": named.similarity,
        "review": UNREVIEWED,
        "age": age_row(named.compared) if named.compared else None,
    }


def _compared(index: int, similarity: float, threshold: float) -> dict[str, Any]:
    alike = similarity >= threshold
    return {
        "index": index,
        "similarity": similarity,
        "alike": alike,
        "review": UNREVIEWED if alike else "",
    }
