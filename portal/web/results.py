"""Results: faces found in each photo and candidates of each face. Every read passes the release gate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from portal.common.errors import NotFound
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads, sentences
from portal.web.cards import Look, cards, face_url, what_to_expect
from portal.web.guards import MemberRequest, member_view, private
from portal.web.paging import page_of
from recognition import comparisons, rulings
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
        rows = [{"item": item, "candidates": counts.get(item.pk, 0), **_why(item)} for item in page.rows]
        context = {"job": job, "page": page, "rows": rows, "only": only, "searching": _searching(job)}
        return private(render(request, "tenant/results/index.html", context))


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def item(request: MemberRequest, job_id: str, item_id: str) -> HttpResponse:
    """Show one photo with numbered faces, used or not, and why not."""
    look = _opened(request, job_id)
    with tenant_scope(request.organization):
        job, found = look.job, reads.item(request.actor, look.job, item_id)
        faces = list(FoundFace.objects.filter(item=found).order_by("index"))
        counts = _counts_by(results.candidates(job, request.actor).filter(item=found), "found")
        rows = [_face_row(look, found, face, counts.get(face.pk, 0)) for face in faces]
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
        page = page_of(request, look.ordered(rows, hidden).select_related(*_DRAWN).defer(_TEMPLATE), size=10)
        context = {
            "job": job,
            "item": found,
            "number": number,
            "reason": sentences.reason(face.reason),
            "page": page,
            "blind": bool(hidden),
            "cards": cards(page.rows, face, found, look, hidden),
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
    rows: QuerySet[Item] = Item.objects.filter(job=job).select_related("image").order_by("position")
    return rows.filter(pk__in=seen.values("item")) if only_with_candidates else rows


def _counts_by(rows: QuerySet[Candidate], name: str) -> dict[UUID, int]:
    return dict(rows.order_by().values_list(name).annotate(number=Count("pk")))


def _why(found: Item) -> dict[str, str]:
    return {"reason": sentences.reason(found.reason)}


def _face_row(look: Look, found: Item, face: FoundFace, count: int) -> dict[str, Any]:
    number, job = face.index + 1, look.job
    usable = not face.reason
    page = reverse("candidates", args=[job.public_id, found.public_id, number])
    box = face.box
    return {
        "number": number,
        "x": box["left"],
        "y": box["top"],
        "width": box["width"],
        "height": box["height"],
        "used": usable,
        "url": page if usable and _searching(job) else "",
        "label": sentences.reason(face.reason) or _count(count),
        "reason": sentences.reason(face.reason),
        "candidates": count,
        "picture": face_url(found.image, face.public_id, look.ruling),
        "size_px": round(face.quality.get("size_px") or min(box["width"], box["height"])),
        "sharpness": face.quality.get("sharpness_grade"),
        "brightness": face.quality.get("brightness_grade"),
        "pose": face.quality.get("pose"),
        "against": sentences.against(face.quality) if face.reason else [],
    }


def _count(number: int) -> str:
    return "1 candidate" if number == 1 else f"{number} candidates" if number else "no candidate"
