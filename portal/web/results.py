"""Results: faces found in each photo and candidates of each face. Every read passes the release gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse

from compliance.policy.vocabulary import RequestedBy
from portal.common.errors import NotFound
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import ages, exports, reads, sentences
from portal.web.estimates import few
from portal.web.forms.errors import shown_on
from portal.web.forms.jobs import ExportForm
from portal.web.guards import MemberRequest, member_view, private
from portal.web.paging import page_of
from recognition import comparisons, rulings, threshold
from recognition.actions import results
from recognition.models import Candidate, CandidateStatus, FoundFace, Image, Item, Job, JobKind


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def index(request: MemberRequest, job_id: str) -> HttpResponse:
    """List a job's photos with faces and candidates; `show=candidates` leaves out photos without any."""
    job = _opened(request, job_id)
    with tenant_scope(request.organization):
        only = request.GET.get("show") == "candidates"
        page = page_of(request, _items(job, only))
        counts = _candidate_counts(page.rows)
        rows = [{"item": item, "candidates": counts.get(item.pk, 0), **_why(item)} for item in page.rows]
        context = {"job": job, "page": page, "rows": rows, "only": only, "searching": _searching(job)}
        return private(render(request, "tenant/results/index.html", context))


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def item(request: MemberRequest, job_id: str, item_id: str) -> HttpResponse:
    """Show one photo with numbered faces, used or not, and why not."""
    job = _opened(request, job_id)
    with tenant_scope(request.organization):
        found = reads.item(request.actor, job, item_id)
        faces = list(FoundFace.objects.filter(item=found).order_by("index"))
        counts = _counts_by(Candidate.objects.filter(item=found), "found")
        rows = [_face_row(job, found, face, counts.get(face.pk, 0)) for face in faces]
        context = {"job": job, "item": found, "faces": rows, "searching": _searching(job), **_why(found)}
        return private(render(request, "tenant/results/item.html", context))


@member_view(permission=Permission.VIEW_RESULTS, scoped=False)
def candidates(request: MemberRequest, job_id: str, item_id: str, number: int) -> HttpResponse:
    """Show the candidates of one face beside it."""
    job = _opened(request, job_id)
    with tenant_scope(request.organization):
        found = reads.item(request.actor, job, item_id)
        face = FoundFace.objects.filter(item=found, index=number - 1).first()
        if face is None or job.kind != JobKind.SEARCH:
            raise NotFound()
        rows = Candidate.objects.filter(found=face).select_related("subject", *comparisons.RELATED)
        page = page_of(request, rows.defer("face__template").order_by("rank"), size=10)
        size = rulings.gallery_size(job.gallery)
        context = {
            "job": job,
            "item": found,
            "number": number,
            "reason": sentences.reason(face.reason),
            "page": page,
            "cards": cards(page.rows, face, found, job, request),
            **what_to_expect(job, size),
        }
        return private(render(request, "tenant/results/candidates.html", context))


@member_view(methods=("GET", "POST"), permission=Permission.EXPORT, scoped=False)
def export(request: MemberRequest, job_id: str) -> HttpResponseBase:
    """Hand out results as a file to a named recipient."""
    job = reads.job_to_change(request.actor, job_id)
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            made = results.export(job=job, by=request.actor, **form.cleaned_data)
            return _file(made, form.cleaned_data["format_"], job)
    context = {"form": form, "job": job, "from_family": job.facts.get("requested_by") == RequestedBy.FAMILY}
    return render(request, "tenant/results/export.html", context, status=422 if form.errors else 200)


def cards(
    candidates: Sequence[Candidate], face: FoundFace, found: Item, job: Job, request: MemberRequest
) -> list[dict[str, Any]]:
    """Return candidates of a face, read with `comparisons.RELATED`, each with the years between. In scope."""
    compared = comparisons.of_candidates(job, candidates)
    return [
        {**card(one, face, found, job, request), **ages.beside(compared.get(one.pk))} for one in candidates
    ]


def card(
    candidate: Candidate, face: FoundFace, found: Item, job: Job, request: MemberRequest
) -> dict[str, Any]:
    """Return one candidate as `_components/candidate_card.html` takes it."""
    open_ = candidate.status == CandidateStatus.CANDIDATE
    judging = open_ and request.actor.may(Permission.ADJUDICATE)
    return {
        "probe_url": face_url(found.image, face.public_id),
        "candidate_url": face_url(candidate.face.image, candidate.face.public_id),
        "subject": candidate.subject.name,
        "rank": candidate.rank,
        "similarity": candidate.similarity,
        "meaning": sentences.meaning(candidate.similarity),
        "status": "unreviewed" if open_ and job.review != "none" else candidate.status,
        "hide_score": judging,
        "url": reverse("candidate", args=[candidate.public_id]) if judging else "",
    }


def what_to_expect(job: Job, gallery_size: int) -> dict[str, Any]:
    """Return the context of `_components/threshold_meaning.html` for a job that was run."""
    return {
        "asked": job.threshold_asked,
        "effective": job.threshold,
        "why": sentences.THRESHOLDS.get(job.threshold_reason, ""),
        "fmr": sentences.one_in(job.threshold),
        "expected_false": few(threshold.expected_false_candidates(job.threshold, gallery_size)),
        "gallery_size": gallery_size,
        "missed": threshold.share_missed(job.threshold),
        "caution": sentences.caution(job.purpose, job.facts.get("subject_class", "")),
        "data_set": sentences.DATA_SET,
    }


def face_url(image: Image, face_id: str) -> str:
    """Return where a face of a photo is served."""
    return reverse("face", args=[image.public_id, face_id])


def _opened(request: MemberRequest, job_id: str) -> Job:
    """Return a job whose results may be read now; what was enrolled is shown without asking the gate."""
    job = reads.job_to_change(request.actor, job_id)
    if job.kind != JobKind.ENROLL:
        results.open_results(job=job, by=request.actor)
    return job


def _searching(job: Job) -> bool:
    return job.kind == JobKind.SEARCH


def _items(job: Job, only_with_candidates: bool) -> QuerySet[Item]:
    rows: QuerySet[Item] = Item.objects.filter(job=job).select_related("image").order_by("position")
    if only_with_candidates:
        rows = rows.filter(pk__in=Candidate.objects.filter(item__job=job).values("item"))
    return rows


def _candidate_counts(items: Sequence[Item]) -> dict[UUID, int]:
    return _counts_by(Candidate.objects.filter(item__in=[one.pk for one in items]), "item")


def _counts_by(rows: QuerySet[Candidate], name: str) -> dict[UUID, int]:
    return dict(rows.order_by().values_list(name).annotate(number=Count("pk")))


def _why(found: Item) -> dict[str, str]:
    return {"reason": sentences.reason(found.reason)}


def _face_row(job: Job, found: Item, face: FoundFace, count: int) -> dict[str, Any]:
    number = face.index + 1
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
        "picture": face_url(found.image, face.public_id),
        "size_px": round(face.quality.get("size_px") or min(box["width"], box["height"])),
        "sharpness": face.quality.get("sharpness"),
        "pose": face.quality.get("pose"),
    }


def _count(number: int) -> str:
    return "1 candidate" if number == 1 else f"{number} candidates" if number else "no candidate"


def _file(made: results.Export, format_: str, job: Job) -> StreamingHttpResponse:
    lines = exports.csv_lines(made) if format_ == "csv" else exports.json_lines(made)
    kind = "text/csv; charset=utf-8" if format_ == "csv" else "application/x-ndjson"
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{job.public_id}-{made.id}.{format_}"'
    response["Cache-Control"] = "private, no-store"
    return response
