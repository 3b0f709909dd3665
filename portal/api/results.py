"""`jobs/{id}/results/`: what a job found, streamed.

Each read passes the release gate, and goes on only while the ruling it was opened under stands.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, OpenApiTypes, extend_schema
from rest_framework.request import Request

from compliance.models import RulingRecord
from portal.api import reach
from portal.api.documents import PROBLEM, Problem
from portal.api.endpoint import Endpoint
from portal.api.jobs import brief
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import results
from recognition.actions.rows import AGE_COLUMNS, age_columns
from recognition.models import Job

NOTICE = (
    "A face without a candidate does not show that the person is absent. "
    "A candidate is not an identification."
)
COLUMNS = (
    "item", "position", "image", "name", "sha256", "subject", "status", "reason",
    "face", "face_reason", "candidate", "rank", "candidate_subject", "subject_id", "similarity", "review",
    *AGE_COLUMNS, "outcome", "unreviewed",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, Any]


class Results(Endpoint):
    """What a job found."""

    needs = {"GET": (Permission.VIEW_RESULTS,)}

    @extend_schema(
        operation_id="jobs_results",
        tags=["jobs"],
        parameters=[OpenApiParameter("format", str, enum=["json", "jsonl", "csv"], default="json")],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "application/x-ndjson"): OpenApiResponse(OpenApiTypes.STR, "One photo a line."),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "One candidate a line."),
            (403, PROBLEM): Problem,
        },
    )
    def get(self, request: Request, job: str) -> StreamingHttpResponse:
        """Return every photo of a job with its faces and candidates.

        `X-Countenance-Decision` is the ruling of this read. Each candidate says in `review` what reviewers
        made of it: one that is `unreviewed` is no lead, and where review comes before release it is left out
        and counted. A stream that breaks off was stopped; what came before it still counts as read.
        """
        written, content_type = _format(request.query_params.get("format", "json"))
        with tenant_scope(self.organization):
            found: Job = reach.jobs(self.by).with_public_id(job)
        ruling = results.open_results(job=found, by=self.by)
        rows = results.rows(found, ruling)
        return StreamingHttpResponse(
            (piece.encode() for piece in written(rows, found, ruling)),
            content_type=content_type,
            headers={"X-Countenance-Decision": ruling.public_id, "X-Countenance-Review": found.review},
        )


def _format(name: str) -> tuple[Callable[[Iterator[Row], Job, RulingRecord], Iterator[str]], str]:
    try:
        return _FORMATS[name]
    except KeyError:
        raise InvalidInput("format_unknown", "Choose json, jsonl or csv.", field="format") from None


def _as_json(rows: Iterator[Row], job: Job, ruling: RulingRecord) -> Iterator[str]:
    head = {
        "job": job.public_id,
        "threshold": job.threshold,
        "threshold_reason": job.threshold_reason,
        "review": job.review,
        "notice": NOTICE,
        "ruling": brief(ruling),
    }
    yield json.dumps(head)[:-1] + ', "items": ['
    for number, row in enumerate(rows):
        yield (", " if number else "") + json.dumps(row)
    yield "]}"


def _as_jsonl(rows: Iterator[Row], job: Job, ruling: RulingRecord) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row) + "\n"


def _as_csv(rows: Iterator[Row], job: Job, ruling: RulingRecord) -> Iterator[str]:
    writer = csv.DictWriter(_Echo(), COLUMNS, restval="", extrasaction="ignore")
    yield writer.writeheader()
    for row in rows:
        for line in _lines(row):
            yield writer.writerow({name: _cell(value) for name, value in line.items()})


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(row: Row) -> Iterator[Row]:
    """Yield a line a candidate; a face without one and a photo without a face keep a line of their own."""
    own = row | {"item": row["id"]}
    for face in row["faces"]:
        of_face = own | {
            "face": face["index"],
            "face_reason": face["reason"],
            "unreviewed": face["unreviewed"],
        }
        for found in face["candidates"]:
            yield of_face | {
                "candidate": found["id"],
                "rank": found["rank"],
                "candidate_subject": found["subject"],
                "subject_id": found["subject_id"],
                "similarity": found["similarity"],
                "review": found["review"],
                "outcome": found["outcome"],
                **age_columns(found),
            }
        if not face["candidates"]:
            yield of_face
    if not row["faces"]:
        yield own


def _cell(value: Any) -> Any:
    """Keep a spreadsheet from running a file's name as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


_FORMATS: dict[str, tuple[Callable[[Iterator[Row], Job, RulingRecord], Iterator[str]], str]] = {
    "json": (_as_json, "application/json"),
    "jsonl": (_as_jsonl, "application/x-ndjson"),
    "csv": (_as_csv, "text/csv; charset=utf-8"),
}
