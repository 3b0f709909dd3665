"""Candidates by person: whom a search for somebody found, and where one person is a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from portal.common.errors import Conflict, NotFound, Refused
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import ages, reads
from portal.web.cards import Look, card, what_to_expect
from portal.web.guards import MemberRequest, member_view, private
from portal.web.paging import page_of
from recognition import comparisons, rulings
from recognition.actions import results
from recognition.models import Candidate, Job, Subject
from recognition.models.results import CandidateQuerySet

PEOPLE_ON_A_PAGE = 10
JOBS_SHOWN = 10
PAIRS_SHOWN = 24
_DRAWN = ("found", "item", "subject", "face", *comparisons.RELATED)


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def of_job(request: MemberRequest, job_id: str) -> HttpResponse:
    """List whom a search for a subject found: each person once, the best pair first, the others under it."""
    job = reads.job_to_change(request.actor, job_id)
    if not job.of_subject:
        raise NotFound()
    look = Look(job, request.actor, results.open_results(job=job, by=request.actor).public_id)
    with tenant_scope(request.organization):
        seen = results.candidates(job, request.actor)
        hidden = look.hidden(seen)
        page = page_of(request, _people(look, seen, hidden), size=PEOPLE_ON_A_PAGE)
        context = {
            "job": job,
            "page": page,
            "blind": bool(hidden),
            "people": [_person(look, seen, keys, hidden) for keys in page.rows],
            **what_to_expect(job, rulings.gallery_size(job.gallery)),
        }
        return private(render(request, "tenant/results/people.html", context))


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def of_subject(request: MemberRequest, gallery_id: str, subject_id: str) -> HttpResponse:
    """Show where a person is a candidate, in the newest searches; each passes the release gate by itself."""
    with tenant_scope(request.organization):
        found = reads.subject(request.actor, gallery_id, subject_id)
        own = Candidate.objects.filter(subject=found).order_by().values("item__job")
        jobs = list(reads.jobs(request.actor).filter(pk__in=own)[: JOBS_SHOWN + 1])
    context = {
        "subject": found,
        "gallery": found.gallery,
        "rows": [_row(request, job, found) for job in jobs[:JOBS_SHOWN]],
        "more": len(jobs) > JOBS_SHOWN,
    }
    return private(render(request, "tenant/subjects/candidates.html", context))


def grouped(cards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return cards of one person as pages draw them: the first, and the others under it."""
    return {"first": cards[0], "others": list(cards[1:])}


def _people(look: Look, seen: CandidateQuerySet, hidden: frozenset[UUID]) -> list[list[UUID]]:
    """Return the candidates of each person by key, the most similar first; shuffled for a reviewer."""
    ordered = look.ordered(seen, hidden) if hidden else seen.order_by("-similarity", "pk")
    groups: dict[UUID, list[UUID]] = {}
    for key, subject in ordered.values_list("pk", "subject"):
        groups.setdefault(subject, []).append(key)
    return list(groups.values())


def _person(
    look: Look, seen: CandidateQuerySet, keys: Sequence[UUID], hidden: frozenset[UUID]
) -> dict[str, Any]:
    shown = keys[:PAIRS_SHOWN]
    rows = seen.select_related(*_DRAWN).defer("face__template").in_bulk(shown)
    return grouped(_cards(look, [rows[key] for key in shown], hidden)) | {"count": len(keys)}


def _cards(look: Look, rows: Sequence[Candidate], hidden: frozenset[UUID]) -> list[dict[str, Any]]:
    """Return pairs as cards; rank is of one face among many, and says nothing across faces."""
    compared = comparisons.of_candidates(look.job, rows)
    return [
        {**card(one, one.found, one.item, look, hidden), "rank": "", **ages.beside(compared.get(one.pk))}
        for one in rows
    ]


def _row(request: MemberRequest, job: Job, found: Subject) -> dict[str, Any]:
    """Return a search with the pairs that the reader may see now, or why they may not."""
    try:
        look = Look(job, request.actor, results.open_results(job=job, by=request.actor).public_id)
    except (Refused, Conflict) as error:
        return {"job": job, "closed": error.sentence}
    with tenant_scope(request.organization):
        seen = results.candidates(job, request.actor)
        hidden, own = look.hidden(seen), seen.filter(subject=found)
        rows = look.ordered(own, hidden).select_related(*_DRAWN).defer("face__template")
        cards = _cards(look, list(rows[:PAIRS_SHOWN]), hidden)
        return {"job": job, "cards": cards, "count": own.count()}
