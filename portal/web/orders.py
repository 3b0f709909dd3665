"""Asking for a job: which gallery, which facts, what to expect, which photos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from compliance.policy.vocabulary import Purpose
from portal.common.errors import NotFound
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import order_cases, order_subjects, reads, stops
from portal.web.estimates import Estimate, estimate
from portal.web.file_rows import counts_of, file_row, rejected_rows
from portal.web.forms.errors import shown_on
from portal.web.forms.facts import AUTHORIZATION
from portal.web.forms.jobs import OrderForm, StartForm
from portal.web.guards import MemberRequest, member_view
from portal.web.lines import Line, lines_of
from recognition.actions import imports, jobs, previews
from recognition.actions.images import Received
from recognition.actions.orders import Order
from recognition.models import Gallery, JobKind, Subject

MOST_GALLERIES = 500
CHECKED_SHOWN = 500
SUBMIT = {
    JobKind.SEARCH: "Submit the search",
    JobKind.ENROLL: "Submit the enrollment",
    JobKind.COMPARE: "Submit the comparison",
    JobKind.DETECT: "Submit the photos",
}


@dataclass(frozen=True)
class Place:
    """What an order is about: a gallery, or a purpose where no gallery is looked into."""

    kind: JobKind
    purpose: str
    gallery: Gallery | None
    lines: list[Line]
    whom: Subject | None = None

    @property
    def form(self) -> dict[str, Any]:
        """What the form of the order needs to know."""
        own = {"kind": self.kind, "gallery": self.gallery, "purpose": self.purpose}
        return own | {"lines": self.lines, "whom": self.whom}


@member_view(permission=Permission.SUBMIT_JOBS)
def start(request: MemberRequest) -> HttpResponse:
    """Ask what to do and on which gallery; then go to the order itself."""
    galleries = reads.galleries(request.actor).order_by("name")[:MOST_GALLERIES]
    choices = [(gallery.public_id, gallery.name) for gallery in galleries]
    granted = sorted({line.purpose for line in lines_of(request.organization)})
    purposes = [(purpose, str(Purpose(purpose).label)) for purpose in granted]
    asked = "kind" in request.GET
    form = StartForm(request.GET if asked else None, galleries=choices, purposes=purposes)
    if asked and form.is_valid():
        kind = JobKind(form.cleaned_data["kind"])
        if kind.uses_gallery:
            return redirect("order", form.cleaned_data["gallery"], kind)
        return redirect("order_of_purpose", kind, form.cleaned_data["purpose"])
    context = {"form": form, "can_start": bool(choices or purposes)}
    return render(request, "tenant/jobs/start.html", context, status=422 if form.errors else 200)


@member_view(methods=("GET", "POST"), permission=Permission.SUBMIT_JOBS)
def order(request: MemberRequest, kind: str, gallery_id: str = "", purpose: str = "") -> HttpResponse:
    """Take the facts and photos of a job and submit it, or say what would come of its files."""
    if request.method == "POST":
        return _submit(request, JobKind(kind), gallery_id, purpose)
    place = _place(request, JobKind(kind), gallery_id, purpose)
    case = order_cases.named(request, place.kind)
    form = OrderForm(**place.form, case_photos=case.choices, initial=case.initial)
    return _page(request, form, place, _expect(request, OrderForm(_initial(form), **place.form)))


@member_view(permission=Permission.SUBMIT_JOBS)
def expect(request: MemberRequest, kind: str, gallery_id: str = "", purpose: str = "") -> HttpResponse:
    """Return the estimate for what the form says so far, as a fragment."""
    place = _place(request, JobKind(kind), gallery_id, purpose)
    form = OrderForm(request.GET, **place.form)
    return render(request, "tenant/jobs/_estimate.html", _expect(request, form))


def _place(request: MemberRequest, kind: JobKind, gallery_id: str, purpose: str) -> Place:
    """Return what an order is about. In scope.

    Raises:
        NotFound: There is no such gallery that the member may see, or no such purpose.
    """
    gallery = reads.gallery(request.actor, gallery_id) if gallery_id else None
    meant = gallery.purpose if gallery else purpose
    if meant not in set(Purpose):
        raise NotFound()
    whom = order_subjects.named(request, kind) if gallery else None
    return Place(kind, meant, gallery, lines_of(request.organization, meant), whom)


def _submit(request: MemberRequest, kind: JobKind, gallery_id: str, purpose: str) -> HttpResponse:
    with tenant_scope(request.organization):
        place = _place(request, kind, gallery_id, purpose)
        case = order_cases.named(request, kind)
    form = OrderForm(request.POST, request.FILES, **place.form, case_photos=case.choices)
    received, valid = Received(), form.is_valid()
    checking = "check" in request.POST
    if form.can_be_checked if checking else valid:
        with shown_on(form):
            if place.whom is not None:
                return redirect("job", order_subjects.submit(request, _order(form), place.whom).public_id)
            if checking:
                return _checked(request, form, place)
            received = imports.receive(
                organization=request.organization, files=form.upload, how=form.how, by=request.actor
            )
            received.photos += case.chosen(form.cleaned_data.get("case_photos", []))
            job = jobs.submit_fresh(
                organization=request.organization, order=_order(form), received=received, by=request.actor
            )
            return redirect("job", job.public_id)
    with tenant_scope(request.organization):
        expected = _expect(request, form)
        return _page(request, form, place, expected | {"rejected": rejected_rows(received.rejected)})


def _checked(request: MemberRequest, form: OrderForm, place: Place) -> HttpResponse:
    """Show what would come of every file; nothing is kept."""
    rows = previews.examine(
        organization=request.organization,
        files=form.upload,
        how=form.how,
        gallery=place.gallery,
        by=request.actor,
    )
    files = [file_row(row.name, row.outcome, row.subject, row.second) for row in rows[:CHECKED_SHOWN]]
    context = {
        "files": files,
        "number": len(rows),
        "counts": counts_of(previews.counted(rows)),
        **_addresses(place),
    }
    with tenant_scope(request.organization):
        return render(request, "tenant/jobs/checked.html", context)


def _order(form: OrderForm) -> Order:
    return Order(
        kind=form.kind,
        gallery=form.gallery,
        purpose=form.purpose,
        end_user_id=form.end_user_id,
        facts=form.facts,
        threshold=form.asked,
        max_candidates=form.cleaned_data.get("max_candidates", 10),
    )


def _page(request: MemberRequest, form: OrderForm, place: Place, more: dict[str, Any]) -> HttpResponse:
    context = {"form": form, "place": place, "submit": SUBMIT[place.kind], **_addresses(place), **more}
    context["authorized"] = any(form[name].value() for name in AUTHORIZATION)
    context["stopped"] = stops.notice(request.organization)
    context |= order_subjects.about(request, place.whom, place.gallery)
    return render(request, "tenant/jobs/order.html", context, status=422 if form.errors else 200)


def _addresses(place: Place) -> dict[str, str]:
    """Return where the estimate is asked for, where the page leads back, and what the page is called."""
    if place.gallery is None:
        ahead = reverse("expect_of_purpose", args=[place.kind, place.purpose])
        title = "Compare pairs of photos" if place.kind == JobKind.COMPARE else "Detect faces"
        return {"expect_url": ahead, "back_url": reverse("start_job"), "back_text": "New job", "title": title}
    key, name = place.gallery.public_id, place.gallery.name
    verb = "Search" if place.kind == JobKind.SEARCH else "Enroll in"
    ahead, back = reverse("expect", args=[key, place.kind]), reverse("gallery", args=[key])
    return {"expect_url": ahead, "back_url": back, "back_text": name, "title": f"{verb} {name}"}


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
        purpose=form.purpose,
        kind=form.kind,
        end_user=form.end_user_id,
        facts=form.facts,
        asked=form.asked,
    )
    return {"estimate": made, "kind": form.kind}
