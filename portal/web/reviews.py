"""Reviews: which candidates wait for a judgment, and the page on which a trained reviewer gives it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import Conflict, NotFound
from portal.tenancy.access import get_or_404
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import followed_up, reads
from portal.web.cards import Look, cards, photo_facts, what_to_expect
from portal.web.forms.errors import shown_on
from portal.web.forms.reviews import VerdictForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.paging import page_of
from recognition import comparisons, rulings
from recognition.actions import results, reviews
from recognition.models import Candidate, Job, Judged, Verification
from recognition.models.results import CandidateQuerySet
from recognition.models.verifications import VerificationQuerySet
from recognition.states import READABLE

DRAWN = ("item", "found", "subject", "face", *comparisons.RELATED)
DRAWN_PAIR = ("item", "item__image", "item__second", "first", "second")


@member_view(permission=Permission.ADJUDICATE)
def index(request: MemberRequest) -> HttpResponse:
    """List jobs with candidates that wait for the reviewer; what they are stays behind the gate."""
    page = page_of(request, _waiting_jobs(request.actor))
    context = {"page": page, "untrained": _untrained(request)}
    return render(request, "tenant/reviews.html", context)


@member_view(permission=Permission.ADJUDICATE)
def following(request: MemberRequest, job_id: str) -> HttpResponse:
    """Go to the next candidate or pair of a job that the reviewer has not judged, else to the job."""
    job = reads.job(request.actor, job_id)
    rows = _waiting(request.actor).filter(item__job=job)
    candidate = rows.shuffled_for(request.actor.person, "item__position").first()
    if candidate is not None:
        return redirect("candidate", candidate.public_id)
    pairs = _waiting_pairs(request.actor).filter(item__job=job).select_related("item")
    if (pair := pairs.order_by("item__position").first()) is not None:
        return redirect("result", job.public_id, pair.item.public_id)
    messages.success(request, "You have judged everything in this job that waits for you.")
    return redirect("job", job.public_id)


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def candidate(request: MemberRequest, candidate_id: str) -> HttpResponse:
    """Show probe and candidate side by side; a reviewer judges here, before the similarity is shown."""
    found, job = candidate_of(request, candidate_id)
    form = VerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            reviews.adjudicate(candidate=found, by=request.actor, **form.cleaned_data)
            messages.success(request, "Your judgment was recorded. The similarity is shown now.")
            return redirect("candidate", found.public_id)
    if form.is_bound:  # somebody may have decided it meanwhile
        found, job = candidate_of(request, candidate_id)
    look = opened(request, found, job)
    with tenant_scope(request.organization):
        context = {"form": form, **_context(request, found, look)}
        status = 422 if form.errors else 200
        return private(render(request, "tenant/results/candidate.html", context, status=status))


def due(actor: Actor) -> int:
    """Return how many candidates and pairs wait for a reviewer's judgment. In scope."""
    return int(_waiting(actor).count()) + int(_waiting_pairs(actor).count())


def candidate_of(request: MemberRequest, public_id: str) -> tuple[Candidate, Job]:
    """Return a candidate, with all that its page draws, and its job. Opens its own scope."""
    with tenant_scope(request.organization):
        found = get_or_404(Candidate, request.actor, public_id, *DRAWN)
        job = reads.jobs(request.actor).filter(pk=found.item.job_id).first()
    if job is None:
        raise NotFound()
    return found, job


def judged_of(request: MemberRequest, public_id: str) -> tuple[Judged, Job]:
    """Return a candidate or a pair, by its id, with all that its page draws, and its job."""
    if not public_id.startswith(f"{Verification.PREFIX}_"):
        return candidate_of(request, public_id)
    with tenant_scope(request.organization):
        found = get_or_404(Verification, request.actor, public_id, *DRAWN_PAIR)
        job = reads.jobs(request.actor).filter(pk=found.item.job_id).first()
    if job is None:
        raise NotFound()
    return found, job


def opened(request: MemberRequest, found: Judged, job: Job) -> Look:
    """Pass the release gate for one candidate or pair.

    Raises:
        Conflict: `not_released`, it waits for reviewers, of whom the reader is none.
    """
    look = Look(job, request.actor, results.open_results(job=job, by=request.actor).public_id)
    with tenant_scope(request.organization):
        of_pair = isinstance(found, Verification)
        seen = results.verifications if of_pair else results.candidates
        if not seen(job, request.actor).filter(pk=found.pk).exists():
            raise Conflict(
                "not_released", "Reviewers have to judge this candidate before anybody else sees it."
            )
    return look


def _waiting(actor: Actor) -> CandidateQuerySet:
    """Return candidates that wait and that this reviewer may and has still to judge, of readable jobs."""
    rows: CandidateQuerySet = _reviewed_by(actor, Candidate.objects.to_judge(actor.person))
    return rows


def _waiting_pairs(actor: Actor) -> VerificationQuerySet:
    """Return pairs that wait likewise."""
    rows: VerificationQuerySet = _reviewed_by(actor, Verification.objects.to_judge(actor.person))
    return rows


def _reviewed_by(actor: Actor, rows: Any) -> Any:
    strict = Q(item__job__review="before_release") | Q(item__job__reviewers__gt=1)
    own = strict & Q(item__job__submitted_by=actor.id)
    return rows.filter(item__job__status__in=READABLE).exclude(item__job__review="none").exclude(own)


def _waiting_jobs(actor: Actor) -> Any:
    """Return jobs with how much waits for this reviewer in each (`to_judge`), in one query."""
    numbers = (_number_of(rows) for rows in (_waiting(actor), _waiting_pairs(actor)))
    candidates, pairs = (Coalesce(number, 0) for number in numbers)
    return reads.jobs(actor).annotate(to_judge=candidates + pairs).filter(to_judge__gt=0)


def _number_of(rows: Any) -> Subquery:
    own = rows.filter(item__job=OuterRef("pk")).order_by().values("item__job")
    return Subquery(own.annotate(number=Count("pk")).values("number"))


def _untrained(request: MemberRequest) -> str:
    """Return what keeps a reviewer from judging, in a sentence; nothing where their training counts."""
    return reviews.lacks_training(request.organization.pk, request.actor).get("sentence", "")


def _context(request: MemberRequest, found: Candidate, look: Look) -> dict[str, Any]:
    """Return what the page shows; another's verdict only once the candidate is settled."""
    job, actor = look.job, request.actor
    hidden = look.hidden(results.candidates(job, actor).filter(found=found.found_id))
    [shown] = cards([found], found.found, found.item, look, hidden)
    photos = [
        {"key": "Probe", "value": photo_facts(found.found)},
        {"key": "In the gallery", "value": photo_facts(found.face)},
    ]
    return {
        "job": job,
        "card": {**shown, "url": "", "facts": [*shown["facts"], *photos]},
        "number": found.found.index + 1,
        "may_judge": found.pk in hidden,
        "untrained": _untrained(request) if actor.may(Permission.ADJUDICATE) else "",
        "progress": _progress(found, look, hidden),
        **followed_up.of(found, request),
        **what_to_expect(job, rulings.gallery_size(job.gallery)),
        "caution": "",  # the card says it
    }


def _progress(found: Candidate, look: Look, hidden: Any) -> dict[str, int]:
    """Return which of how many candidates of the job this is to its reviewer; nothing to anybody else."""
    if found.pk not in hidden:
        return {}
    rows = Candidate.objects.filter(item__job=look.job)
    judged = rows.judged_by(look.actor.person).count()
    waiting = _waiting(look.actor).filter(item__job=look.job).count()
    return {"number": judged + 1, "of": judged + max(waiting, 1)}
