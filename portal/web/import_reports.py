"""What came of every file that was sent in for a job: a page, and a table to keep."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.file_rows import counts_of, rejected_rows
from portal.web.guards import MemberRequest, member_view
from portal.web.paging import page_of
from recognition.actions import imports
from recognition.actions.lines import CsvLines
from recognition.models import Job

SHOWN = 100


@member_view(scoped=False)
def detail(request: MemberRequest, job_id: str) -> HttpResponseBase:
    """Show what came of a job's files; `format=csv` sends every file as a table."""
    job = reads.job_to_change(request.actor, job_id)
    if request.GET.get("format") == "csv":
        return _table(job)
    with tenant_scope(request.organization):
        return _page(request, job)


def _page(request: MemberRequest, job: Job) -> HttpResponse:
    page = page_of(request, job.rejected, size=SHOWN)
    reasons = Counter(one["reason"] for one in job.rejected)
    counts = dict(chain([(imports.ACCEPTED, job.total)], reasons.most_common()))
    context = {
        "job": job,
        "page": page,
        "files": rejected_rows(page.rows, SHOWN),
        "counts": counts_of(counts, taken="Taken"),
    }
    return render(request, "tenant/jobs/import.html", context)


def _table(job: Job) -> StreamingHttpResponse:
    lines = CsvLines(imports.REPORT_COLUMNS).table(imports.report(job))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{job.public_id}-import.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
