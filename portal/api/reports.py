"""`jobs/{id}/import/`: what came of every file that was sent in for a job."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from portal.api import reach
from portal.api.endpoint import Endpoint
from portal.api.result_documents import REPORT_ROW, ReportOutput, document, lines, table
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import imports
from recognition.actions.lines import CsvLines, json_line
from recognition.models import Job

Rows = Iterator[dict[str, Any]]


class ImportReport(Endpoint):
    """What came of the files of a job."""

    needs = {"GET": (Permission.SUBMIT_JOBS, Permission.VIEW_RESULTS)}
    streams = True

    @extend_schema(
        operation_id="jobs_import",
        tags=["jobs"],
        parameters=[OpenApiParameter("format", str, enum=["json", "jsonl", "csv"], default="json")],
        responses={
            (200, "application/json"): document(ReportOutput, "Files of a job", {"files": [REPORT_ROW]}),
            (200, "application/x-ndjson"): lines("One file a line", REPORT_ROW),
            (200, "text/csv"): table(
                "One file a line.",
                "A table",
                ",".join(imports.REPORT_COLUMNS),
                ",".join(REPORT_ROW.values()),
            ),
        },
    )
    def get(self, request: Request, job: str) -> StreamingHttpResponse:
        """Return every file with what came of it: `accepted`, or a reason code.

        It says nothing of what was found in the photos; that stands in the results. A report that breaks off
        ends with a row whose `item` is STOPPED.
        """
        name = request.query_params.get("format", "json")
        if name not in _FORMATS:
            raise InvalidInput("format_unknown", "Choose json, jsonl or csv.", field="format")
        written, content_type = _FORMATS[name]
        with tenant_scope(self.organization):
            found: Job = reach.jobs(self.by).with_public_id(job)
        return StreamingHttpResponse(
            (piece.encode() for piece in written(imports.report(found))), content_type=content_type
        )


def _as_json(rows: Rows) -> Iterator[str]:
    yield '{"files": ['
    for number, row in enumerate(rows):
        yield (", " if number else "") + json.dumps(row)
    yield "]}"


def _as_jsonl(rows: Rows) -> Iterator[str]:
    yield from map(json_line, rows)


def _as_csv(rows: Rows) -> Iterator[str]:
    yield from CsvLines(imports.REPORT_COLUMNS).table(rows)


_FORMATS: dict[str, tuple[Callable[[Rows], Iterator[str]], str]] = {
    "json": (_as_json, "application/json"),
    "jsonl": (_as_jsonl, "application/x-ndjson"),
    "csv": (_as_csv, "text/csv; charset=utf-8"),
}
