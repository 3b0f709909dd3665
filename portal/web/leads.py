"""Leads: what became of one, taking it back, and judging an inconclusive candidate or pair again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import handed_out, histories
from portal.web.cards import Look, face_url
from portal.web.followed_up import page_url
from portal.web.forms.errors import shown_on
from portal.web.forms.reviews import AgainForm, OutcomeForm, WithdrawForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.reviews import judged_of, opened
from recognition.actions import leads, notices, reopenings
from recognition.models import Face, FoundFace, Image, Job, Judged, Verification
from recognition.states import READABLE


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def outcome(request: MemberRequest, lead_id: str) -> HttpResponse:
    """Record what became of a lead. The page shows no face and no similarity."""
    lead, job = _lead(request, lead_id)
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            leads.record_outcome(lead=lead, by=request.actor, **form.cleaned_data)
            messages.success(request, "What became of the lead was recorded.")
            return _back(job, lead)
    return _page(request, "tenant/leads/outcome.html", lead, job, form)


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def withdraw(request: MemberRequest, lead_id: str) -> HttpResponse:
    """Take a lead back; those it was handed to are named first. Open also while a rule closes the results."""
    lead, job = _lead(request, lead_id)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            made = leads.withdraw(lead=lead, reason=form.cleaned_data["reason"], by=request.actor)
            messages.success(request, _told(len(made)))
            return _back(job, lead)
    return _page(request, "tenant/leads/withdraw.html", lead, job, form)


@member_view(methods=("GET", "POST"), permission=Permission.VIEW_RESULTS, scoped=False)
def again(request: MemberRequest, candidate_id: str) -> HttpResponse:
    """Let an inconclusive candidate or pair be judged again, beside a new photo."""
    found, job = judged_of(request, candidate_id)
    reopenings.require_inconclusive(found)
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
            messages.success(request, "It waits for reviewers again, beside the new photo.")
            return redirect(page_url(found, job))
    context = {
        "form": form,
        "job": job,
        "photos": photos,
        "back_url": page_url(found, job),
        **_faces(found, look),
    }
    status = 422 if form.errors else 200
    return private(render(request, "tenant/leads/again.html", context, status=status))


def _faces(found: Judged, look: Look) -> dict[str, Any]:
    """Return both faces that reviewers could not decide on."""
    if isinstance(found, Verification):
        sides = zip(found.item.photos, (found.first, found.second), strict=True)
        return {"pair": [face_url(image, face.public_id, look.ruling) for image, face in sides]}
    return {
        "candidate": found,
        "probe_url": face_url(found.item.image, found.found.public_id, look.ruling),
        "candidate_url": face_url(found.face.image, found.face.public_id),
    }


def _lead(request: MemberRequest, lead_id: str) -> tuple[Judged, Job]:
    """Return a lead to somebody who follows leads up."""
    lead, job = judged_of(request, lead_id)
    notices.require_follow_up(request.actor, lead)
    leads.require_lead(lead)
    return lead, job


def _page(
    request: MemberRequest, template: str, lead: Judged, job: Job, form: OutcomeForm | WithdrawForm
) -> HttpResponse:
    with tenant_scope(request.organization):
        context = {
            "form": form,
            "lead": lead,
            "job": job,
            "back_url": page_url(lead, job),
            "exports": handed_out.of_lead(lead, request),
            **histories.of(lead, request),
        }
        return render(request, template, context, status=422 if form.errors else 200)


def _back(job: Job, lead: Judged) -> HttpResponse:
    """Go to the lead, or to the job while its results are closed."""
    if job.status in READABLE:
        return redirect(page_url(lead, job))
    return redirect("job", job.public_id)


def _told(number: int) -> str:
    if not number:
        return "The lead was withdrawn. It was handed to nobody."
    who = "its recipient is" if number == 1 else f"{number} recipients are"
    return f"The lead was withdrawn, and {who} told. See below who has to be told by you."


def _photos(found: Judged, job: Job, request: MemberRequest) -> list[dict[str, Any]]:
    """Return the photos that arrived since the judgment, with the newest of each kind first."""
    enrolled = reopenings.faces_since(found).select_related("image").defer("template")
    probes = reopenings.probes_since(found, job, request.actor).select_related("item__image", "item__second")
    rows: list[tuple[Face | FoundFace, Image, str]]
    rows = [(face, face.image, "enrolled since") for face in enrolled[: reopenings.MOST_PHOTOS]]
    newest = probes[: reopenings.MOST_PHOTOS]
    rows += [(face, face.item.photos[face.side], "searched or compared since") for face in newest]
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
