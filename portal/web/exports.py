"""Handing results out: the form, the file, and the page of what went to whom."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render

from compliance.models import EndUser
from compliance.policy.vocabulary import RequestedBy
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import export_lines, handed_out, reads
from portal.web.followed_up import page_url
from portal.web.forms.errors import shown_on
from portal.web.forms.exports import ExportForm, ToldForm
from portal.web.guards import MemberRequest, member_view
from portal.web.lines import lines_of
from portal.web.paging import page_of
from portal.web.reviews import judged_of
from recognition.actions import exports, notices
from recognition.models import (
    Candidate,
    ExportedLead,
    ExportRecord,
    Job,
    JobKind,
    Judged,
    Notice,
    Verification,
)


@member_view(methods=("GET", "POST"), permission=Permission.EXPORT, scoped=False)
def export(request: MemberRequest, job_id: str) -> HttpResponseBase:
    """Hand out a job's results as a file to a named recipient."""
    return _export(request, reads.job_to_change(request.actor, job_id))


@member_view(methods=("GET", "POST"), permission=Permission.EXPORT, scoped=False)
def export_lead(request: MemberRequest, lead_id: str) -> HttpResponseBase:
    """Hand out one lead as a file to a named recipient."""
    lead, job = judged_of(request, lead_id)
    return _export(request, job, lead)


@member_view(permission=Permission.VIEW_RESULTS)
def index(request: MemberRequest) -> HttpResponse:
    """List what was handed out, the newest first; `show=to_tell`: to whom a person has to tell something."""
    rows, to_tell = handed_out.visible(request.actor), request.GET.get("show") == "to_tell"
    page = page_of(
        request, rows.filter(pk__in=Notice.objects.to_tell().values("export")) if to_tell else rows
    )
    context = {"page": page, "exports": handed_out.described(page.rows, request), "to_tell": to_tell}
    return render(request, "tenant/exports/index.html", context)


@member_view(permission=Permission.VIEW_RESULTS)
def detail(request: MemberRequest, export_id: str) -> HttpResponse:
    """Show one export: its recipient, the leads it carried by id, and what the recipient was told."""
    return _detail(request, export_id, ToldForm())


@member_view(methods=("POST",), permission=Permission.VIEW_RESULTS)
def told(request: MemberRequest, notice_id: str) -> HttpResponse:
    """Note that a person told a recipient."""
    with tenant_scope(request.organization):
        notice = get_or_404(Notice, request.actor, notice_id, "export")
        _record(request, notice.export.public_id)
    form = ToldForm(request.POST, prefix=notice.public_id)
    if form.is_valid():
        with shown_on(form):
            notices.told(notice=notice, how=form.cleaned_data["how"], by=request.actor)
            messages.success(request, "It was noted that the recipient was told.")
            return redirect("export_record", notice.export.public_id)
    with tenant_scope(request.organization):
        return _detail(request, notice.export.public_id, form)


def _export(request: MemberRequest, job: Job, lead: Judged | None = None) -> HttpResponseBase:
    with tenant_scope(request.organization):
        bodies = _bodies(job, request)
    form = ExportForm(request.POST or None, bodies=bodies)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            format_ = form.cleaned_data["format_"]
            made = exports.export(
                job=job, recipient=form.to_whom, format_=format_, by=request.actor, lead=lead
            )
            return _file(made, format_, job)
    from_family = job.facts.get("requested_by") == RequestedBy.FAMILY
    context = {"form": form, "job": job, "lead": lead, "from_family": from_family}
    context["columns"] = export_lines.columns()
    return render(request, "tenant/exports/new.html", context, status=422 if form.errors else 200)


def _bodies(job: Job, request: MemberRequest) -> list[tuple[str, str]]:
    """Return the bodies that results may be meant for: end users of the grants, and whom the job named."""
    keys = {line.end_user for line in lines_of(request.organization, job.purpose)}
    keys |= {str(key) for key in (job.end_user_id, job.facts.get("recipient")) if key}
    rows = EndUser.objects.filter(pk__in=keys).exclude(organization=request.organization)
    return [(str(row.pk), row.name) for row in rows.order_by("name")]


def _detail(request: MemberRequest, export_id: str, form: ToldForm) -> HttpResponse:
    row = _record(request, export_id)
    [shown] = handed_out.described(list(handed_out.visible(request.actor).filter(pk=row.pk)), request)
    for notice in shown["notices"]:
        mine = form.is_bound and form.prefix == notice["id"]
        notice["form"] = form if mine else ToldForm(prefix=notice["id"])
    ids = ExportedLead.objects.filter(export=row).values("lead_id")
    leads = _leads(row.job).filter(pk__in=ids)
    page = page_of(request, leads.select_related("item").order_by("pk"))
    context = {
        "export": shown,
        "job": row.job,
        "ruling": row.ruling,
        "page": page,
        "leads": [{"lead": lead, "url": page_url(lead, row.job)} for lead in page.rows],
        "erased": ids.count() - leads.count(),
        "form": form,
    }
    return render(request, "tenant/exports/detail.html", context, status=422 if form.errors else 200)


def _leads(job: Job) -> Any:
    """Return candidates or pairs: what leads of a job were before reviewers made them leads."""
    return Verification.objects.all() if job.kind == JobKind.COMPARE else Candidate.objects.all()


def _record(request: MemberRequest, public_id: str) -> ExportRecord:
    """Return an export of a job that the member may see. In scope."""
    found = get_or_404(ExportRecord, request.actor, public_id, "job")
    reads.job(request.actor, found.job.public_id)
    return found


def _file(made: exports.Export, format_: str, job: Job) -> StreamingHttpResponse:
    lines = export_lines.csv_lines(made) if format_ == "csv" else export_lines.json_lines(made)
    kind = "text/csv; charset=utf-8" if format_ == "csv" else "application/x-ndjson"
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{job.public_id}-{made.id}.{format_}"'
    response["X-Countenance-Export"] = made.id
    response["Cache-Control"] = "private, no-store"
    return response
