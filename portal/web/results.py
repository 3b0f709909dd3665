"""Results: faces found in each photo and candidates of each face. Every read passes the release gate."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from portal.common.errors import NotFound
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import pairs, people, reads, sentences
from portal.web.cards import Look, cards, what_to_expect
from portal.web.forms.reviews import VerdictForm
from portal.web.found_faces import face_row
from portal.web.guards import MemberRequest, member_view, private
from portal.web.paging import page_of
from recognition import comparisons, rulings
from recognition.actions import people as people_found
from recognition.actions import results
from recognition.models import Candidate, FoundFace, Item, Job, JobKind

_DRAWN = ("subject", "face", *comparisons.RELATED)
_TEMPLATE = "face__template"


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def index(request: MemberRequest, job_id: str) -> HttpResponse:
    """List a job's photos with faces and candidates; `show=candidates` leaves out photos without any."""
    job = _opened(request, job_id).job
    with tenant_scope(request.organization):
        only = request.GET.get("show") == "candidates"
        seen = results.candidates(job, request.actor)
        page = page_of(request, _items(job, seen, only))
        counts = _counts_by(seen.filter(item__in=[one.pk for one in page.rows]), "item")
        told = pairs.in_words(job, page.rows, request.actor)
        rows = [
            {"item": item, "candidates": counts.get(item.pk, 0), "pair": told.get(item.pk), **_why(item)}
            for item in page.rows
        ]
        context = {"job": job, "page": page, "rows": rows, "only": only, "searching": _searching(job)}
        return private(render(request, "tenant/results/index.html", context))


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def item(request: MemberRequest, job_id: str, item_id: str) -> HttpResponse:
    """Show one photo with numbered faces, used or not, and why not."""
    look = _opened(request, job_id)
    with tenant_scope(request.organization):
        job, found = look.job, reads.item(request.actor, look.job, item_id)
        if job.kind == JobKind.COMPARE:
            return pairs.page(request, look, found, VerdictForm())
        faces = list(FoundFace.objects.filter(item=found).order_by("index"))
        counts = _counts_by(results.candidates(job, request.actor).filter(item=found), "found")
        rows = [face_row(look, found, face, counts.get(face.pk, 0)) for face in faces]
        context = {"job": job, "item": found, "faces": rows, "searching": _searching(job), **_why(found)}
        return private(render(request, "tenant/results/item.html", context))


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def candidates(request: MemberRequest, job_id: str, item_id: str, number: int) -> HttpResponse:
    """Show the candidates of one face beside it; shuffled and without rank to whoever has still to judge."""
    look = _opened(request, job_id)
    with tenant_scope(request.organization):
        job, found = look.job, reads.item(request.actor, look.job, item_id)
        face = FoundFace.objects.filter(item=found, index=number - 1).first()
        if face is None or job.kind != JobKind.SEARCH:
            raise NotFound()
        rows = results.candidates(job, request.actor).filter(found=face)
        hidden = look.hidden(rows)
        drawn = look.ordered(rows, hidden).select_related(*_DRAWN).defer(_TEMPLATE)
        page = page_of(request, people_found.by_subject(drawn), size=10)
        context = {
            "job": job,
            "item": found,
            "number": number,
            "reason": sentences.reason(face.reason),
            "page": page,
            "blind": bool(hidden),
            "people": [people.grouped(cards(group, face, found, look, hidden)) for group in page.rows],
            **what_to_expect(job, rulings.gallery_size(job.gallery)),
        }
        return private(render(request, "tenant/results/candidates.html", context))


def _opened(request: MemberRequest, job_id: str) -> Look:
    """Return a job whose results may be read now; what was enrolled is shown without asking the gate."""
    job = reads.job_to_change(request.actor, job_id)
    if job.kind == JobKind.ENROLL:
        return Look(job, request.actor)
    return Look(job, request.actor, results.open_results(job=job, by=request.actor).public_id)


def _searching(job: Job) -> bool:
    return job.kind == JobKind.SEARCH


def _items(job: Job, seen: QuerySet[Candidate], only_with_candidates: bool) -> QuerySet[Item]:
    rows: QuerySet[Item] = Item.objects.filter(job=job).select_related("image", "second").order_by("position")
    return rows.filter(pk__in=seen.values("item")) if only_with_candidates else rows


def _counts_by(rows: QuerySet[Candidate], name: str) -> dict[UUID, int]:
    return dict(rows.order_by().values_list(name).annotate(number=Count("pk")))


def _why(found: Item) -> dict[str, str]:
    return {"reason": sentences.reason(found.reason)}
