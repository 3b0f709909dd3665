"""A person was found: what goes is shown first, then it goes, and a receipt stays."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.roles import Permission
from portal.web import reads
from portal.web.forms.galleries import TypedConfirmation
from portal.web.guards import MemberRequest, member_view
from recognition.actions import found
from recognition.models import CaseRecord


@member_view(methods=("GET", "POST"), permission=Permission.MANAGE_CASES)
def confirm(request: MemberRequest, record_id: str) -> HttpResponse:
    """Ask before a case is closed for good and what is held is erased."""
    if request.method != "POST":
        record = reads.record(request.actor, record_id)
        form = TypedConfirmation(expected=record.reference)
        return _ask(request, record, form, found.what_goes(record))
    record = reads.record_to_change(request.actor, record_id)
    form = TypedConfirmation(request.POST, expected=record.reference)
    if not form.is_valid():
        return _ask(request, record, form, {})
    made = found.found(record=record, by=request.actor)
    if made.on_hold:
        messages.success(request, "The case is closed. What is held is erased as soon as nothing keeps it.")
        return redirect("case", record.public_id)
    messages.success(request, "The case is closed, and what was held is erased. Keep this receipt.")
    return redirect("receipt", made.event)


def _ask(
    request: MemberRequest, record: CaseRecord, form: TypedConfirmation, goes: dict[str, int]
) -> HttpResponse:
    context = {"form": form, "record": record, "goes": goes}
    status = 422 if form.errors else 200
    return render(request, "tenant/cases/found.html", context, status=status)
