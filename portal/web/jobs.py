"""Jobs: the list, one of them with its progress, and what can be done to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.models import EndUser, RulingRecord
from compliance.policy.vocabulary import (
    Gate,
    ImageSource,
    Outcome,
    Purpose,
    RequestedBy,
    Review,
    SubjectClass,
)
from portal.common.clock import database_now
from portal.tenancy.roles import Permission
from portal.web import handed_out, holds, job_steps, reads, sentences, takeovers
from portal.web.cards import what_to_expect
from portal.web.file_rows import rejected_rows
from portal.web.forms.jobs import DeclineForm
from portal.web.guards import MemberRequest, member_view
from portal.web.names import name_of, names_of
from portal.web.paging import page_of
from portal.web.rulings import refusal_of
from recognition import rulings
from recognition.actions import jobs
from recognition.models import Item, ItemStatus, Job, JobKind, JobStatus
from recognition.states import READABLE

STOP_POLLING = 286  # htmx ends a poll on this status
RULINGS_SHOWN = 5
_MOVING = (JobStatus.QUEUED, JobStatus.RUNNING)
_NO_RULES = frozenset({"", "approver", *holds.ENDED_KEYS})
_NEVER_RUN = (JobStatus.REFUSED, JobStatus.EXPIRED, JobStatus.CANCELLED, JobStatus.TERMINATED)
_UNDER_WAY = (*_MOVING, JobStatus.HELD, JobStatus.AWAITING_REVIEW, JobStatus.TERMINATED)
_STOPPED = (JobStatus.HELD, JobStatus.CANCELLED, JobStatus.TERMINATED)  # time went on, work did not


@member_view()
def index(request: MemberRequest) -> HttpResponse:
    """List jobs, the newest first; `status` shows those in one state."""
    rows, status = reads.jobs(request.actor), request.GET.get("status", "")
    page = page_of(request, rows.filter(status=status) if status in JobStatus.values else rows)
    names = names_of({job.submitted_by for job in page.rows}, request.organization)
    rows_shown = [{"job": job, "submitted_by": names[job.submitted_by]} for job in page.rows]
    context = {"page": page, "rows": rows_shown, "status": status, "statuses": JobStatus.choices}
    return render(request, "tenant/jobs/index.html", context)


@member_view()
def detail(request: MemberRequest, job_id: str) -> HttpResponse:
    """Show one job: state, progress, facts, rulings, items, files that never became items."""
    job = reads.job(request.actor, job_id)
    items = Item.objects.filter(job=job).select_related("image", "second").order_by("position")
    shown = request.GET.get("show", "")
    context = {
        **progress_of(job),
        **_rulings(request, job),
        "page": page_of(request, items.filter(status=shown) if shown in ItemStatus.values else items),
        "shown": shown,
        "facts": _facts(job, request),
        "rejected": rejected_rows(job.rejected),
        "rejected_count": len(job.rejected),
        "actions": _actions(job, request),
        "decline_form": DeclineForm(),
        "readable": _readable(job, request),
        "never_run": job.status in _NEVER_RUN,
        "exports": handed_out.of_job(job, request),
        "kept_until": _kept_until(job),
        "caution": sentences.caution(job.purpose, job.facts.get("subject_class", "")),
        "meaning": _meaning(job),
    }
    return render(request, "tenant/jobs/detail.html", context)


def _meaning(job: Job) -> dict[str, Any]:
    """Return what the threshold of a job means; nothing for jobs that compare no face with another."""
    if job.kind == JobKind.SEARCH and job.gallery:
        return what_to_expect(job, rulings.gallery_size(job.gallery))
    return what_to_expect(job, None) if job.kind == JobKind.COMPARE else {}


@member_view()
def progress(request: MemberRequest, job_id: str) -> HttpResponse:
    """Return the state of a running job as a fragment; at the end the page is loaded anew, once."""
    job = reads.job(request.actor, job_id)
    response = render(request, "tenant/jobs/_progress.html", progress_of(job))
    if job.status not in _MOVING:
        response.status_code = STOP_POLLING
        response["HX-Refresh"] = "true"
    return response


@member_view(methods=("POST",), permission=Permission.APPROVE_JOBS)
def approve(request: MemberRequest, job_id: str) -> HttpResponse:
    """Let a waiting job run."""
    job = reads.job_to_change(request.actor, job_id)
    jobs.approve(job=job, by=request.actor)
    messages.success(request, "The job was approved and waits for a worker.")
    return redirect("job", job.public_id)


@member_view(methods=("POST",), permission=Permission.APPROVE_JOBS)
def decline(request: MemberRequest, job_id: str) -> HttpResponse:
    """Refuse a waiting job."""
    job, form = reads.job_to_change(request.actor, job_id), DeclineForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "job": job}
        return render(request, "tenant/jobs/decline.html", context, status=422)
    jobs.decline(job=job, reason=form.cleaned_data["reason"], by=request.actor)
    messages.success(request, "The job was declined. Nothing was run.")
    return redirect("job", job.public_id)


def progress_of(job: Job) -> dict[str, Any]:
    """Return the context of a job's progress: counts, rate, time left. In scope."""
    rate = _rate(job, job.done + job.failed)
    return {
        "job": job,
        "sentence": sentences.state(job),
        "done": job.done,
        "failed": job.failed,
        "held": job.waiting if job.status == JobStatus.HELD else 0,
        "rate": rate,
        "seconds_left": job.waiting / rate if rate and job.status == JobStatus.RUNNING else None,
        "moving": job.status in _MOVING,
    }


def _rate(job: Job, ended: int) -> float | None:
    """Return items a second since the first worker began, None before there is anything to tell."""
    if job.started_at is None or not ended or job.status in _STOPPED:
        return None
    seconds = ((job.finished_at or database_now()) - job.started_at).total_seconds()
    return ended / seconds if seconds > 0 else None


def _rulings(request: MemberRequest, job: Job) -> dict[str, Any]:
    """Return the job's rulings, and the one that refuses, refers or holds it now."""
    rows = RulingRecord.objects.filter(subject=job.public_id).order_by("-pk")
    looks = Q(gate=Gate.RELEASE.value, outcome=Outcome.CLEARED.value)  # one each time somebody reads results
    page = page_of(request, rows.exclude(looks), size=RULINGS_SHOWN, parameter="rulings")
    by_rule = job.refused_by not in _NO_RULES
    newest = rows.filter(outcome__in=("refused", "referred")).first() if by_rule else None
    last = page.rows[0] if page.rows else None
    by = name_of(job.held_by, request.organization) if job.held_by else ""
    return {
        "rulings": page,
        "refusal": refusal_of(newest) if newest else None,
        "policy_version": last.version if last else "",
        "hold": holds.explained(job, newest, by),
    }


def _facts(job: Job, request: MemberRequest) -> list[dict[str, Any]]:
    users = EndUser.objects.in_bulk({key for key in (job.end_user_id,) if key})
    names = names_of({job.submitted_by, job.approved_by} - {""}, request.organization)
    declared = job.facts
    rows = [
        ("Purpose", Purpose(job.purpose).label),
        ("End user", str(users.get(job.end_user_id, "Not stated"))),
        ("Requested by", _label(RequestedBy, declared.get("requested_by"))),
        ("Case reference", declared.get("case_reference") or "None"),
        ("Photos show", _label(SubjectClass, declared.get("subject_class"))),
        ("Recipient", _recipient(declared)),
        ("Submitted by", names[job.submitted_by]),
    ]
    if job.kind != JobKind.ENROLL:
        rows.insert(5, ("Photos come from", _label(ImageSource, declared.get("probe_source"))))
    if authorization := declared.get("authorization"):
        rows.insert(-1, ("Authorization", f"{authorization['issuer']}, {authorization['reference']}"))
    if job.approved_by:
        rows.append(("Approved by", names[job.approved_by]))
    return [{"key": key, "value": value} for key, value in rows]


def _label(words: Any, value: str | None) -> str:
    return str(words(value).label) if value else "Not stated"


def _recipient(declared: dict[str, Any]) -> str:
    if "recipient" not in declared:
        return "Not stated"
    if declared["recipient"] is None:
        return "Nobody outside the organization"
    return str(EndUser.objects.filter(pk=declared["recipient"]).first() or "Not in the register")


def _kept_until(job: Job) -> datetime | None:
    """Return when photos and results are destroyed, None while nothing has ended or all is gone."""
    since = job.released_at or job.finished_at
    if since is None or job.purged_at is not None or job.status in _UNDER_WAY:
        return None
    return since + timedelta(days=job.retention_days)


def _readable(job: Job, request: MemberRequest) -> bool:
    """Whether the way to the results is shown; the gate decides again."""
    waits = job.review == Review.BEFORE_RELEASE and job.status != JobStatus.RELEASED
    return (
        job.status in READABLE
        and job.purged_at is None
        and (not waits or request.actor.may(Permission.ADJUDICATE))
    )


def _actions(job: Job, request: MemberRequest) -> dict[str, bool]:
    """Return which ways on are there; the actions check again."""
    may = request.actor.may
    waits = job.status == JobStatus.AWAITING_APPROVAL and may(Permission.APPROVE_JOBS)
    return {
        **job_steps.offered(job, request.actor),
        "take_over": takeovers.offered(job, request.actor),
        "approve": waits and job.submitted_by != request.actor.id,
        "decline": waits,
        "export": job.status in {JobStatus.RELEASED, JobStatus.PARTIAL} and may(Permission.EXPORT),
        "results": may(Permission.VIEW_RESULTS),
        "judge": may(Permission.ADJUDICATE) and _is_judged(job),
    }


def _is_judged(job: Job) -> bool:
    """Whether people judge what comes of a job: every candidate, and pairs where a review is asked for."""
    return job.kind == JobKind.SEARCH or (job.kind == JobKind.COMPARE and job.review != Review.NONE)
