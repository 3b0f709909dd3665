"""How results and import reports are described: JSON documents, JSON lines and tables, with examples."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, OpenApiTypes
from rest_framework import serializers

from portal.api.documents import RulingBrief
from portal.api.examples import IMAGE
from portal.api.subject_examples import PEOPLE


class CandidateRow(serializers.Serializer[Any]):
    """A face of the gallery above the threshold. Not an identification."""

    id = serializers.CharField()
    rank = serializers.IntegerField(help_text="1 is the most similar.")
    subject = serializers.CharField(help_text="Whom the gallery's face is of.")
    subject_id = serializers.CharField()
    face = serializers.CharField()
    similarity = serializers.FloatField(help_text="0 to 100.")
    status = serializers.CharField()
    reviewed = serializers.BooleanField()
    review = serializers.CharField(help_text="unreviewed, lead, rejected, inconclusive or withdrawn")
    outcome = serializers.CharField(help_text="What became of a lead.")
    age = serializers.JSONField(allow_null=True, help_text="Years between both photos, with cautions.")


class FaceRow(serializers.Serializer[Any]):
    """A face in a photo of the job."""

    photo = serializers.IntegerField(help_text="1, or 2 for a face in a pair's second photo.")
    index = serializers.IntegerField()
    box = serializers.JSONField(help_text="left, top, width, height in pixels of the upright photo.")
    quality = serializers.JSONField()
    reason = serializers.CharField(help_text="Why the face was not used.")
    unreviewed = serializers.IntegerField(help_text="Candidates left out because nobody judged them.")
    subjects = serializers.ListField(child=serializers.DictField(), help_text="Each person once.")
    candidates = CandidateRow(many=True)


class ResultRow(serializers.Serializer[Any]):
    """One photo or pair of a job. A face without a candidate does not show that the person is absent."""

    id = serializers.CharField()
    position = serializers.IntegerField()
    image = serializers.CharField()
    name = serializers.CharField()
    sha256 = serializers.CharField()
    subject = serializers.CharField(help_text="Whom an enrollment is of.")
    status = serializers.CharField(help_text="waiting, done or failed")
    reason = serializers.CharField(help_text="Reason code. A failed photo was not looked at.")
    faces = FaceRow(many=True)
    pair = serializers.JSONField(required=False, help_text="Of a comparison: what the two came to.")


class ResultsOutput(serializers.Serializer[Any]):
    """All results of a job."""

    job = serializers.CharField()
    kind = serializers.CharField()
    threshold = serializers.FloatField()
    threshold_reason = serializers.CharField()
    review = serializers.CharField()
    notice = serializers.CharField()
    ruling = RulingBrief()
    items = ResultRow(many=True)
    complete = serializers.BooleanField(help_text="False: the results were stopped while they were read.")
    stopped = serializers.JSONField(required=False, help_text="Why, and after how many items.")


class ReportRow(serializers.Serializer[Any]):
    """What came of one file."""

    name = serializers.CharField()
    outcome = serializers.CharField(help_text="accepted, or the reason code why not.")
    item = serializers.CharField(allow_null=True, help_text="STOPPED: the report broke off.")
    subject = serializers.CharField(allow_null=True)
    second = serializers.CharField(allow_null=True)


class ReportOutput(serializers.Serializer[Any]):
    """What came of every file."""

    files = ReportRow(many=True)


CANDIDATE = {
    "id": "can_01k9",
    "rank": 1,
    "subject": "Sea Lane 4",
    "subject_id": "sub_01kb",
    "face": "fac_01k9",
    "similarity": 94.1,
    "status": "candidate",
    "reviewed": False,
    "review": "unreviewed",
    "outcome": "",
    "age": None,
}
FACE = {
    "photo": 1,
    "index": 0,
    "box": {"left": 120.5, "top": 80.0, "width": 96.2, "height": 96.2},
    "quality": {"sharpness": 100.0},
    "reason": "",
    "unreviewed": 0,
    "subjects": [],
    "candidates": [CANDIDATE],
}
ROW = {
    "id": "itm_01k9",
    "position": 0,
    "image": "img_01k9",
    "name": "anna.jpg",
    "sha256": IMAGE["sha256"],
    "subject": "",
    "status": "done",
    "reason": "",
    "faces": [FACE],
}
RESULTS = {
    **{name: PEOPLE[name] for name in ("job", "threshold", "notice", "ruling")},
    "kind": "search",
    "threshold_reason": "budget",
    "review": "after_delivery",
    "items": [ROW],
    "complete": True,
}
DRY_RUN = {
    "dry_run": True,
    "counts": {"accepted": 1, "image_format": 1},
    "files": [
        {"name": "anna/1.jpg", "outcome": "accepted", "subject": "anna", "second": "", "taken": ""},
        {"name": "notes.txt", "outcome": "image_format", "subject": "", "second": "", "taken": ""},
    ],
}
REPORT_ROW = {"name": "anna.jpg", "outcome": "accepted", "item": "itm_01k9", "subject": "", "second": ""}


def document(output: type[serializers.Serializer[Any]], title: str, value: dict[str, Any]) -> OpenApiResponse:
    """Return how a JSON document that is streamed is described."""
    return OpenApiResponse(output, title, examples=[OpenApiExample(title, value=value)])


def lines(title: str, *rows: dict[str, Any]) -> OpenApiResponse:
    """Return how JSON lines are described."""
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    return OpenApiResponse(OpenApiTypes.STR, title, examples=[OpenApiExample(title, value=text)])


def table(description: str, title: str, *rows: str) -> OpenApiResponse:
    """Return how a table is described."""
    text = "".join(f"{row}\n" for row in rows)
    return OpenApiResponse(OpenApiTypes.STR, description, examples=[OpenApiExample(title, value=text)])
