"""A pair of photos side by side: how alike, what that says, and the judgment of trained reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.common.errors import NotFound
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import ages, followed_up, reads, sentences
from portal.web.cards import Look, what_to_expect
from portal.web.forms.errors import shown_on
from portal.web.forms.reviews import VerdictForm
from portal.web.found_faces import face_row
from portal.web.guards import MemberRequest, member_view, private
from recognition import comparisons
from recognition.actions import pair_rows, results, reviews
from recognition.actions.pair_rows import Compared
from recognition.models import CandidateStatus, FoundFace, Item, Job, JobKind, Verification

_SIDES = ("First photo", "Second photo")
_WORDS = {
    Compared.AT_OR_ABOVE: "At or above the threshold",
    Compared.BELOW: "Below the threshold",
    Compared.NOT_COMPARED: "Not compared",
    Compared.AWAITS_REVIEW: "Waits for reviewers",
    "to_judge": "To judge",
    CandidateStatus.LEAD: "Lead",
    CandidateStatus.WITHDRAWN: "Withdrawn lead",
}
_SENTENCES = {
    Compared.AT_OR_ABOVE: "The faces are at least as alike as was asked for. This is not an identification.",
    Compared.BELOW: "The faces are less alike than was asked for. It may still be one person: see how many "
    "true persons this threshold misses.",
    Compared.NOT_COMPARED: "A photo has no face that can be compared, so nothing was. This is not a no.",
    Compared.AWAITS_REVIEW: "Reviewers have to judge this pair before anybody else sees how alike it is.",
    "to_judge": "Look at both faces first. How alike they are is shown after you have judged.",
    CandidateStatus.LEAD: "A lead is worth following up by other means. It is not an identification.",
    CandidateStatus.WITHDRAWN: "Nothing more is made of it.",
}
_FOLLOWED = (CandidateStatus.LEAD, CandidateStatus.WITHDRAWN)


@member_view(methods=("POST",), permission=Permission.ADJUDICATE, scoped=False)
def judge(request: MemberRequest, job_id: str, item_id: str) -> HttpResponse:
    """Record a reviewer's judgment of a pair."""
    job, form = reads.job_to_change(request.actor, job_id), VerdictForm(request.POST)
    with tenant_scope(request.organization):
        found = reads.item(request.actor, job, item_id)
        pair = Verification.objects.filter(item=found).first()
    if pair is None:
        raise NotFound()
    if form.is_valid():
        with shown_on(form):
            reviews.adjudicate(candidate=pair, by=request.actor, **form.cleaned_data)
            messages.success(request, "Your judgment was recorded. The similarity is shown now.")
            return redirect("result", job.public_id, found.public_id)
    look = Look(job, request.actor, results.open_results(job=job, by=request.actor).public_id)
    with tenant_scope(request.organization):
        return page(request, look, reads.item(request.actor, job, item_id), form)


def page(request: MemberRequest, look: Look, found: Item, form: VerdictForm) -> HttpResponse:
    """Show one pair. In scope."""
    job = look.job
    hidden = found.pk in _to_judge(job, look.actor)
    row = _rows(job, [found], look.actor)[found.pk]
    state = "to_judge" if hidden else row["review"] if row["review"] in _FOLLOWED else row["compared"]
    pair = Verification.objects.filter(item=found).first()
    context = {
        "job": job,
        "item": found,
        "form": form,
        "pair": row,
        "state": _WORDS[state],
        "sentence": _SENTENCES[state],
        "shown": not hidden and row["similarity"] is not None,
        "meaning": "" if row["similarity"] is None else sentences.meaning(row["similarity"]),
        "sides": _sides(look, found),
        "may_judge": hidden,
        "untrained": reviews.lacks_training(job.organization_id, look.actor).get("sentence", ""),
        "followed": pair is not None and pair.is_alike and not hidden,
        **({} if pair is None else followed_up.of(pair, request)),
        **ages.beside(comparisons.of_pairs(job, [found]).get(found.pk)),
        **what_to_expect(job, None),
        "caution": "",  # the cautions of the pair say it
    }
    status = 422 if form.errors else 200
    return private(render(request, "tenant/results/pair.html", context, status=status))


def in_words(job: Job, items: Sequence[Item], actor: Actor) -> dict[UUID, dict[str, Any]]:
    """Return what pairs of a list came to, by item; nothing of other jobs. In scope."""
    if job.kind != JobKind.COMPARE:
        return {}
    to_judge = _to_judge(job, actor)
    told = {}
    for key, row in _rows(job, items, actor).items():
        hidden = key in to_judge
        similarity = None if hidden else row["similarity"]
        told[key] = {"words": _WORDS["to_judge" if hidden else row["compared"]], "similarity": similarity}
    return told


def _rows(job: Job, items: Sequence[Item], actor: Actor) -> dict[UUID, dict[str, Any]]:
    """Return pairs as data, without what waits for reviewers of whom the reader is none."""
    rows = pair_rows.of_items(job, items)
    if job.review == "before_release" and not results.judges(job, actor):
        rows = {key: pair_rows.withhold_unreviewed(row) for key, row in rows.items()}
    return {key: row["pair"] for key, row in rows.items()}


def _to_judge(job: Job, actor: Actor) -> frozenset[UUID]:
    """Return the items of a job that the reader has still to judge: nothing is told of their similarity."""
    if job.review == "none" or actor.user_id is None or not results.judges(job, actor):
        return frozenset()
    rows = Verification.objects.to_judge(actor.user_id).filter(item__job=job)
    return frozenset(rows.values_list("item", flat=True))


def _sides(look: Look, found: Item) -> list[dict[str, Any]]:
    faces = list(FoundFace.objects.filter(item=found))
    reasons = (found.reason, found.second_reason)
    return [
        {
            "title": _SIDES[side],
            "image": image,
            "reason": sentences.reason(reasons[side]),
            "faces": [face_row(look, found, face, 0) for face in faces if face.side == side],
        }
        for side, image in enumerate(found.photos)
    ]
