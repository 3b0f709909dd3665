"""Reviews: which candidates wait for a judgment, and the page on which a trained reviewer gives it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import NotFound
from portal.tenancy.access import get_or_404
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.reviews import VerdictForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.names import names_of
from portal.web.paging import page_of
from portal.web.results import cards, what_to_expect
from recognition import comparisons, rulings
from recognition.actions import results
from recognition.models import Adjudication, Candidate, CandidateStatus, Job, JobStatus

_DRAWN = ("item", "found", "subject", "face", *comparisons.RELATED)
_READABLE = (JobStatus.AWAITING_REVIEW, JobStatus.PARTIAL, JobStatus.RELEASED)


@member_view(permission=Permission.ADJUDICATE)
def index(request: MemberRequest) -> HttpResponse:
    """List jobs with candidates that wait for the reviewer; what they are stays behind the gate."""
    page = page_of(request, _waiting_jobs(request.actor))
    context = {"page": page, "trained": _trained(request)}
    return render(request, "tenant/reviews.html", context)


@member_view(permission=Permission.ADJUDICATE)
def following(request: MemberRequest, job_id: str) -> HttpResponse:
    """Go to the next candidate of a job that the reviewer has not judged; to the job when there is none."""
    job = reads.job(request.actor, job_id)
    candidate = _waiting(request.actor).filter(item__job=job).order_by("item__position", "rank").first()
    if candidate is None:
        messages.success(request, "You have judged every candidate of this job that waits for you.")
        return redirect("job", job.public_id)
    return redirect("candidate", candidate.public_id)


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def candidate(request: MemberRequest, candidate_id: str) -> HttpResponse:
    """Show probe and candidate side by side; a reviewer judges here, before the similarity is shown."""
    found, job = _found(request, candidate_id)
    form = VerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            results.adjudicate(
                candidate=found,
                verdict=form.cleaned_data["verdict"],
                reason=form.cleaned_data["reason"],
                by=request.actor,
            )
            messages.success(request, "Your judgment was recorded. The similarity is shown now.")
            return redirect("candidate", found.public_id)
    results.open_results(job=job, by=request.actor)
    with tenant_scope(request.organization):
        context = {"form": form, **_context(request, found, job)}
        status = 422 if form.errors else 200
        return private(render(request, "tenant/results/candidate.html", context, status=status))


def due(actor: Actor) -> int:
    """Return how many candidates wait for a reviewer's judgment. In scope."""
    return int(_waiting(actor).count())


def _waiting(actor: Actor) -> Any:
    """Return candidates that wait and that this reviewer has not judged, of jobs that can be read."""
    rows = Candidate.objects.filter(status=CandidateStatus.CANDIDATE, item__job__status__in=_READABLE)
    judged = Adjudication.objects.filter(reviewer=actor.user_id).values("candidate")
    return rows.exclude(item__job__review="none").exclude(pk__in=judged)


def _waiting_jobs(actor: Actor) -> Any:
    """Return jobs with the number of candidates that wait for this reviewer in each, in one query."""
    own = _waiting(actor).filter(item__job=OuterRef("pk")).order_by().values("item__job")
    number = own.annotate(number=Count("pk")).values("number")
    return reads.jobs(actor).annotate(waiting=Subquery(number)).filter(waiting__gt=0)


def _trained(request: MemberRequest) -> bool:
    own = Membership.objects.filter(
        organization=request.organization, user=request.actor.user_id, ended_at=None
    )
    return own.exclude(trained_on=None).exists()


def _found(request: MemberRequest, public_id: str) -> tuple[Candidate, Job]:
    """Return a candidate, with all that its page draws, and its job."""
    with tenant_scope(request.organization):
        found = get_or_404(Candidate, request.actor, public_id, *_DRAWN)
        job = reads.jobs(request.actor).filter(pk=found.item.job_id).first()
    if job is None:
        raise NotFound()
    return found, job


def _context(request: MemberRequest, found: Candidate, job: Job) -> dict[str, Any]:
    """Return what the page shows; another's verdict only once the candidate is settled."""
    judgments = list(Adjudication.objects.filter(candidate=found).select_related("reviewer").order_by("pk"))
    own = next((one for one in judgments if one.reviewer_id == request.actor.user_id), None)
    settled = found.status != CandidateStatus.CANDIDATE
    may_judge = request.actor.may(Permission.ADJUDICATE) and not settled and own is None
    [shown] = cards([found], found.found, found.item, job, request)
    return {
        "candidate": found,
        "job": job,
        "card": {**shown, "hide_score": may_judge, "url": ""},
        "own": own,
        "judgments": _judgments(judgments, request) if settled else [],
        "trained": _trained(request),
        "may_judge": may_judge,
        **what_to_expect(job, rulings.gallery_size(job.gallery)),
    }


def _judgments(judgments: list[Adjudication], request: MemberRequest) -> list[dict[str, Any]]:
    names = names_of({one.reviewer.public_id for one in judgments}, request.organization)
    return [
        {
            "at": one.created_at,
            "title": "Judged",
            "status": one.verdict,
            "actor": names[one.reviewer.public_id],
            "text": one.reason,
        }
        for one in judgments
    ]
