"""Taking over a job whose key has ended: its facts, stated anew by a person."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.facts import TakeOverForm
from portal.web.guards import MemberRequest, member_view
from portal.web.holds import ENDED_KEYS
from portal.web.lines import lines_of
from recognition.actions import takeovers
from recognition.models import Job, JobStatus


@member_view(methods=("GET", "POST"), permission=Permission.SUBMIT_JOBS)
def take_over(request: MemberRequest, job_id: str) -> HttpResponse:
    """Show the facts of a job as its key stated them; take it over with those that the person states."""
    if request.method != "POST":
        job = reads.job(request.actor, job_id)
        if not offered(job, request.actor):
            messages.info(request, "Only a held job whose key has ended can be taken over.")
            return redirect("job", job.public_id)
        return _page(request, job, _form(request, job))
    with tenant_scope(request.organization):
        job = reads.job(request.actor, job_id)
        form = _form(request, job)
    if form.is_valid():
        with shown_on(form):
            takeovers.take_over(job=job, end_user_id=form.end_user_id, facts=form.facts, by=request.actor)
            messages.success(request, "You took the job over. It goes on in your name.")
            return redirect("job", job.public_id)
    with tenant_scope(request.organization):
        return _page(request, job, form)


def offered(job: Job, by: Actor) -> bool:
    """Whether somebody can take a job over; the action checks again."""
    ours = job.status == JobStatus.HELD and job.held_reason != "operator"
    return ours and bool(keys.ended(job.submitted_by)) and by.may(Permission.SUBMIT_JOBS)


def _form(request: MemberRequest, job: Job) -> TakeOverForm:
    lines = lines_of(request.organization, job.purpose)
    return TakeOverForm(request.POST or None, job=job, lines=lines)


def _page(request: MemberRequest, job: Job, form: TakeOverForm) -> HttpResponse:
    context = {"job": job, "form": form, "ended": ENDED_KEYS[keys.ended(job.submitted_by)]}
    return render(request, "tenant/jobs/take_over.html", context, status=422 if form.errors else 200)
