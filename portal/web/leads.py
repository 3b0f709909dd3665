"""Leads: what became of one, taking it back, and judging an inconclusive candidate again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import Conflict, NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import handed_out, histories
from portal.web.cards import face_url
from portal.web.forms.errors import shown_on
from portal.web.forms.reviews import AgainForm, OutcomeForm, WithdrawForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.reviews import candidate_of, opened
from recognition.actions import leads, notices, reopenings
from recognition.models import Candidate, CandidateStatus, Face, FoundFace, Image, Job
from recognition.states import READABLE


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def outcome(request: MemberRequest, candidate_id: str) -> HttpResponse:
    """Record what became of a lead. The page shows no face and no similarity."""
    lead, job = _lead(request, candidate_id)
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            leads.record_outcome(lead=lead, by=request.actor, **form.cleaned_data)
            messages.success(request, "What became of the lead was recorded.")
            return _back(job, lead)
    return _page(request, "tenant/leads/outcome.html", lead, job, form)


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def withdraw(request: MemberRequest, candidate_id: str) -> HttpResponse:
    """Take a lead back; those it was handed to are named first. Open also while a rule closes the results."""
    lead, job = _lead(request, candidate_id)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            made = leads.withdraw(lead=lead, reason=form.cleaned_data["reason"], by=request.actor)
            messages.success(request, _told(len(made)))
            return _back(job, lead)
    return _page(request, "tenant/leads/withdraw.html", lead, job, form)


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def again(request: MemberRequest, candidate_id: str) -> HttpResponse:
    """Let an inconclusive candidate be judged again, beside a new photo."""
    found, job = candidate_of(request, candidate_id)
    if found.status != CandidateStatus.INCONCLUSIVE:
        raise Conflict("not_inconclusive", "Only an inconclusive candidate is judged again.")
    look = opened(request, found, job)
    with tenant_scope(request.organization):
        photos = _photos(found, job, request)
    choices = [(photo["id"], photo["label"]) for photo in photos]
    form = AgainForm(request.POST or None, photos=choices)
    if request.method == "POST" and form.is_valid():
        photo = _photo(request, form.cleaned_data["photo"])
        with shown_on(form):
            reopenings.reopen(
                candidate=found, photo=photo, reason=form.cleaned_data["reason"], by=request.actor
            )
            messages.success(request, "The candidate waits for reviewers again, beside the new photo.")
            return redirect("candidate", found.public_id)
    context = {
        "form": form,
        "candidate": found,
        "job": job,
        "photos": photos,
        "probe_url": face_url(found.item.image, found.found.public_id, look.ruling),
        "candidate_url": face_url(found.face.image, found.face.public_id),
    }
    status = 422 if form.errors else 200
    return private(render(request, "tenant/leads/again.html", context, status=status))


def _lead(request: MemberRequest, candidate_id: str) -> tuple[Candidate, Job]:
    """Return a lead to somebody who follows leads up."""
    lead, job = candidate_of(request, candidate_id)
    notices.require_follow_up(request.actor, lead)
    leads.require_lead(lead)
    return lead, job


def _page(
    request: MemberRequest, template: str, lead: Candidate, job: Job, form: OutcomeForm | WithdrawForm
) -> HttpResponse:
    with tenant_scope(request.organization):
        context = {
            "form": form,
            "lead": lead,
            "job": job,
            "exports": handed_out.of_lead(lead, request),
            **histories.of(lead, request),
        }
        return render(request, template, context, status=422 if form.errors else 200)


def _back(job: Job, lead: Candidate) -> HttpResponse:
    """Go to the lead, or to the job while its results are closed."""
    if job.status in READABLE:
        return redirect("candidate", lead.public_id)
    return redirect("job", job.public_id)


def _told(number: int) -> str:
    if not number:
        return "The lead was withdrawn. It was handed to nobody."
    who = "its recipient is" if number == 1 else f"{number} recipients are"
    return f"The lead was withdrawn, and {who} told. See below who has to be told by you."


def _photos(found: Candidate, job: Job, request: MemberRequest) -> list[dict[str, Any]]:
    """Return the photos that arrived since the judgment, with the newest of each kind first."""
    enrolled = reopenings.faces_since(found).select_related("image").defer("template")
    probes = reopenings.probes_since(found, job, request.actor).select_related("item__image")
    rows: list[tuple[Face | FoundFace, Image, str]]
    rows = [(face, face.image, "enrolled since") for face in enrolled[: reopenings.MOST_PHOTOS]]
    rows += [(face, face.item.image, "a new probe") for face in probes[: reopenings.MOST_PHOTOS]]
    return [
        {
            "id": face.public_id,
            "url": face_url(image, face.public_id),
            "label": f"{image.name or 'Photo'} ({what})",
        }
        for face, image, what in rows
    ]


def _photo(request: MemberRequest, public_id: str) -> Face | FoundFace:
    model: Any = Face if public_id.startswith(f"{Face.PREFIX}_") else FoundFace
    with tenant_scope(request.organization):
        photo: Face | FoundFace | None = model.objects.filter(
            pk=parse_public_id(model.PREFIX, public_id)
        ).first()
    if photo is None:
        raise NotFound()
    return photo
