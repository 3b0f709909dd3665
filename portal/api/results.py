"""`jobs/{id}/results/`: what a job found, streamed.

Each read passes the release gate, and goes on only while the ruling it was opened under stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from compliance.models import RulingRecord
from portal.api import reach
from portal.api.endpoint import Endpoint
from portal.api.jobs import brief
from portal.api.result_documents import RESULTS, ROW, ResultsOutput, document, table
from portal.api.result_documents import lines as lines_of
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import lines, results
from recognition.actions.age_rows import AGE_COLUMNS
from recognition.models import Job

NOTICE = (
    "A face without a candidate does not show that the person is absent. "
    "A candidate is not an identification."
)
COLUMNS = (
    "item", "position", "image", "name", "sha256", "subject", "status", "reason",
    "face", "face_reason", "candidate", "rank", "candidate_subject", "subject_id", "similarity", "review",
    *AGE_COLUMNS, "outcome", "unreviewed", *lines.FACE_COLUMNS, *lines.PAIR_COLUMNS,
)  # fmt: skip
MEANINGS = "\n".join(f"- `{name}`: {lines.MEANINGS[name]}" for name in COLUMNS)

Row = dict[str, Any]


class Results(Endpoint):
    """What a job found."""

    needs = {"GET": (Permission.VIEW_RESULTS,)}
    streams = True

    @extend_schema(
        operation_id="jobs_results",
        tags=["jobs"],
        parameters=[OpenApiParameter("format", str, enum=["json", "jsonl", "csv"], default="json")],
        responses={
            (200, "application/json"): document(ResultsOutput, "What a search found", RESULTS),
            (200, "application/x-ndjson"): lines_of("One photo or pair a line", ROW),
            (200, "text/csv"): table(
                f"One candidate, pair or face a line. Columns:\n\n{MEANINGS}",
                "A table",
                "item,position,image,name,…",
                "itm_01k9,0,img_01k9,anna.jpg,…",
            ),
        },
    )
    def get(self, request: Request, job: str) -> StreamingHttpResponse:
        """Return every photo of a job with its faces and candidates.

        `X-Countenance-Decision` is the ruling of this read. Each candidate says in `review` what reviewers
        made of it: one that is `unreviewed` is no lead, and where review comes before release it is left out
        and counted. A pair says in `compared` what became of it: `not_compared` is not a "no".

        Results that are stopped while they are read end visibly: the JSON document says `"complete": false`
        and why, the last line of JSON lines is `{"stopped": …}`, and the last of a table begins with STOPPED.
        What came before still counts as read.
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
        "kind": job.kind,
        "threshold": job.threshold,
        "threshold_reason": job.threshold_reason,
        "review": job.review,
        "notice": NOTICE,
        "ruling": brief(ruling),
    }
    yield json.dumps(head)[:-1] + ', "items": ['
    stopped = None
    for number, row in enumerate(lines.ended_visibly(rows)):
        if isinstance(row, lines.Stop):
            stopped = row.told
        else:
            yield (", " if number else "") + json.dumps(row)
    end = {"complete": stopped is None} | ({"stopped": stopped} if stopped else {})
    yield "], " + json.dumps(end)[1:]


def _as_jsonl(rows: Iterator[Row], job: Job, ruling: RulingRecord) -> Iterator[str]:
    for row in lines.ended_visibly(rows):
        yield lines.json_line({"stopped": row.told} if isinstance(row, lines.Stop) else row)


def _as_csv(rows: Iterator[Row], job: Job, ruling: RulingRecord) -> Iterator[str]:
    table = lines.CsvLines(COLUMNS)
    yield table.head()
    for row in lines.ended_visibly(rows):
        if isinstance(row, lines.Stop):
            yield table.stopped(row, sentence="name")
        else:
            yield from map(table.line, lines.flat(row))


_FORMATS: dict[str, tuple[Callable[[Iterator[Row], Job, RulingRecord], Iterator[str]], str]] = {
    "json": (_as_json, "application/json"),
    "jsonl": (_as_jsonl, "application/x-ndjson"),
    "csv": (_as_csv, "text/csv; charset=utf-8"),
}
