"""Asking for a job: which gallery, which facts, what to expect, which photos."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import order_cases, reads, sentences, stops, uploads
from portal.web.estimates import Estimate, estimate
from portal.web.forms.errors import shown_on
from portal.web.forms.facts import AUTHORIZATION
from portal.web.forms.jobs import OrderForm, StartForm
from portal.web.guards import MemberRequest, member_view
from portal.web.lines import Line, lines_of
from recognition.actions import jobs
from recognition.actions.images import Received
from recognition.actions.orders import Order
from recognition.models import Gallery, JobKind

MOST_GALLERIES = 500
REJECTED_SHOWN = 50


@member_view(permission=Permission.SUBMIT_JOBS)
def start(request: MemberRequest) -> HttpResponse:
    """Ask what to do and on which gallery; then go to the order itself."""
    galleries = reads.galleries(request.actor).order_by("name")[:MOST_GALLERIES]
    choices = [(gallery.public_id, gallery.name) for gallery in galleries]
    asked = "gallery" in request.GET
    form = StartForm(request.GET if asked else None, galleries=choices)
    if asked and form.is_valid():
        return redirect("order", form.cleaned_data["gallery"], form.cleaned_data["kind"])
    return render(request, "tenant/jobs/start.html", {"form": form, "has_gallery": bool(choices)})


@member_view(methods=("GET", "POST"), permission=Permission.SUBMIT_JOBS)
def order(request: MemberRequest, gallery_id: str, kind: str) -> HttpResponse:
    """Take the facts and photos of a job and submit it."""
    if request.method == "POST":
        return _submit(request, gallery_id, JobKind(kind))
    gallery = reads.gallery(request.actor, gallery_id)
    lines = lines_of(request.organization, gallery.purpose)
    case = order_cases.named(request, JobKind(kind))
    form = OrderForm(
        kind=JobKind(kind), gallery=gallery, lines=lines, case_photos=case.choices, initial=case.initial
    )
    return _page(request, form, lines, _expect(request, OrderForm(_initial(form), **_of(form, lines))))


@member_view(permission=Permission.SUBMIT_JOBS)
def expect(request: MemberRequest, gallery_id: str, kind: str) -> HttpResponse:
    """Return the estimate for what the form says so far, as a fragment."""
    gallery = reads.gallery(request.actor, gallery_id)
    lines = lines_of(request.organization, gallery.purpose)
    form = OrderForm(request.GET, kind=JobKind(kind), gallery=gallery, lines=lines)
    return render(request, "tenant/jobs/_estimate.html", _expect(request, form))


def _submit(request: MemberRequest, gallery_id: str, kind: JobKind) -> HttpResponse:
    with tenant_scope(request.organization):
        gallery = reads.gallery(request.actor, gallery_id)
        lines = lines_of(request.organization, gallery.purpose)
        case = order_cases.named(request, kind)
    of: dict[str, Any] = {"kind": kind, "gallery": gallery, "lines": lines, "case_photos": case.choices}
    form, received = OrderForm(request.POST, request.FILES, **of), Received()
    if form.is_valid():
        with shown_on(form):
            received = uploads.receive(
                form.cleaned_data["images"],
                organization=request.organization,
                subject_from=form.cleaned_data.get("subject_from", "filename"),
                by=request.actor,
            )
            received.photos += case.chosen(form.cleaned_data.get("case_photos", []))
            job = jobs.submit_fresh(
                organization=request.organization,
                order=_order(form, gallery),
                received=received,
                by=request.actor,
            )
            return redirect("job", job.public_id)
    with tenant_scope(request.organization):
        expected = _expect(request, form)
        return _page(request, form, lines, expected | {"rejected": rejected_rows(received.rejected)})


def rejected_rows(rejected: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return files that never became items as `_components/file_list.html` takes them."""
    return [
        {"name": file["name"], "status": "rejected", "reason": sentences.reason(file["reason"])}
        for file in rejected[:REJECTED_SHOWN]
    ]


def _order(form: OrderForm, gallery: Gallery) -> Order:
    return Order(
        kind=form.kind,
        gallery=gallery,
        purpose=gallery.purpose,
        end_user_id=form.end_user_id,
        facts=form.facts,
        threshold=form.asked,
        max_candidates=form.cleaned_data.get("max_candidates", 10),
    )


def _page(request: MemberRequest, form: OrderForm, lines: list[Line], more: dict[str, Any]) -> HttpResponse:
    context = {"form": form, "gallery": form.gallery, "kind": form.kind, "lines": lines} | more
    context["authorized"] = any(form[name].value() for name in AUTHORIZATION)
    context["stopped"] = stops.notice(request.organization)
    return render(request, "tenant/jobs/order.html", context, status=422 if form.errors else 200)


def _of(form: OrderForm, lines: list[Line]) -> dict[str, Any]:
    return {"kind": form.kind, "gallery": form.gallery, "lines": lines}


def _initial(form: OrderForm) -> dict[str, Any]:
    """Return what an untouched form would send."""
    first = {name: form.fields[name].choices[0][0] for name in ("end_user", "recipient")}  # type: ignore[attr-defined]
    own = {name: field.initial for name, field in form.fields.items() if field.initial is not None}
    return {**first, **own, **form.initial, **_parts(form.initial.get("issued_on"))}


def _parts(day: date | None) -> dict[str, str]:
    """Return a day as its three fields are sent."""
    names = ("month", "day", "year")
    return {f"issued_on_{name}": str(getattr(day, name)) for name in names} if day else {}


def _expect(request: MemberRequest, form: OrderForm) -> dict[str, Any]:
    """Return the context of the estimate; what is wrong in the form counts as not filled in. In scope."""
    form.is_valid()
    made: Estimate = estimate(
        organization=request.organization,
        gallery=form.gallery,
        kind=form.kind,
        end_user=form.end_user_id,
        facts=form.facts,
        asked=form.asked,
    )
    return {"estimate": made, "searching": form.kind == JobKind.SEARCH}
