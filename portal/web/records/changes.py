"""Opening, changing, closing and reopening a case record, and linking people in galleries to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.standing import determination_in_force
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web import reads
from portal.web.forms.errors import shown_on
from portal.web.forms.records import LinkForm, RecordChangeForm, RecordForm, change_initial
from portal.web.guards import MemberRequest, member_view, private
from recognition.actions import records
from recognition.models import CaseRecord, Subject

_MANAGE = Permission.MANAGE_CASES


@member_view(methods=("GET", "POST"), permission=_MANAGE)
def create(request: MemberRequest) -> HttpResponse:
    """Open a case record."""
    if request.method != "POST":
        return _render_create(request, RecordForm(granted=_granted(request.organization)))
    with tenant_scope(request.organization):
        granted = _granted(request.organization)
    form = RecordForm(request.POST, granted=granted)
    if form.is_valid():
        with shown_on(form):
            made = records.open_record(
                organization=request.organization,
                reference=form.cleaned_data["reference"],
                purpose=form.cleaned_data["purpose"],
                requested_by=form.cleaned_data["requested_by"],
                details=form.details,
                by=request.actor,
            )
            messages.success(request, "The case record is open. Add photos, each with the day it was taken.")
            return redirect("case", made.public_id)
    return _render_create(request, form)


@member_view(methods=("GET", "POST"), permission=_MANAGE)
def change(request: MemberRequest, record_id: str) -> HttpResponse:
    """Change what is known of a person."""
    if request.method != "POST":
        record = reads.record(request.actor, record_id)
        form = RecordChangeForm(initial=change_initial(record, records.details_of(record)))
        return _render_change(request, record, form)
    record, form = reads.record_to_change(request.actor, record_id), RecordChangeForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            records.change(record=record, by=request.actor, **form.cleaned_data)
            messages.success(request, "The case record was changed.")
            return redirect("case", record.public_id)
    return _render_change(request, record, form)


@member_view(methods=("POST",), permission=_MANAGE)
def close(request: MemberRequest, record_id: str) -> HttpResponse:
    """Close a case record whose person was not found, or open it again (`action=reopen`)."""
    record = reads.record_to_change(request.actor, record_id)
    if request.POST.get("action") == "reopen":
        records.reopen(record=record, by=request.actor)
        messages.success(request, "The case is open again.")
    else:
        records.close(record=record, by=request.actor)
        messages.success(
            request,
            "The case is closed: no search can name it. Its photos and dates are destroyed after 30 days.",
        )
    return redirect("case", record.public_id)


@member_view(methods=("POST",), permission=_MANAGE)
def link(request: MemberRequest, gallery_id: str, subject_id: str) -> HttpResponse:
    """Say which case a person in a gallery is the one of, or that it is none (`action=unlink`)."""
    subject = reads.subject_to_change(request.actor, gallery_id, subject_id)
    if request.POST.get("action") == "unlink":
        records.unlink(subject=subject, by=request.actor)
        messages.success(request, f"{subject} belongs to no case any more.")
        return redirect("subject", gallery_id, subject_id)
    form = LinkForm(request.POST)
    if form.is_valid():
        record = _called(request, form.cleaned_data["reference"])
        if record is None:
            form.add_error("reference", "No case record has this reference. Open it first, under Cases.")
        else:
            with shown_on(form):
                records.link(subject=subject, record=record, by=request.actor)
                messages.success(request, f"{subject} is the person of case {record.reference}.")
                return redirect("subject", gallery_id, subject_id)
    return _render_link(request, subject, form)


def _called(request: MemberRequest, reference: str) -> CaseRecord | None:
    with tenant_scope(request.organization):
        found: CaseRecord | None = reads.records(request.actor).called(reference.strip()).first()
        return found


def _granted(organization: Organization) -> list[str]:
    """Return the purposes of the determination in force. In scope."""
    found = determination_in_force(organization)
    return list(found.grants.order_by("pk").values_list("purpose", flat=True)) if found else []


def _render_create(request: MemberRequest, form: RecordForm) -> HttpResponse:
    status = 422 if form.errors else 200
    return private(render(request, "tenant/cases/create.html", {"form": form}, status=status))


def _render_change(request: MemberRequest, record: CaseRecord, form: RecordChangeForm) -> HttpResponse:
    status = 422 if form.errors else 200
    context = {"form": form, "record": record}
    return private(render(request, "tenant/cases/change.html", context, status=status))


def _render_link(request: MemberRequest, subject: Subject, form: LinkForm) -> HttpResponse:
    context = {"form": form, "subject": subject}
    return render(request, "tenant/cases/link.html", context, status=422)
