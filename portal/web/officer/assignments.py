"""Stepping back from a case, and opening a decided one again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import assignments
from portal.web.forms.officer import RecuseForm, ReopenForm
from portal.web.officer.cases import again, fetch
from portal.web.officer.guards import OfficerRequest, officer_view


@officer_view(methods=("POST",))
def recuse(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Declare a conflict of interest."""
    form = RecuseForm(request.POST, prefix="recuse")
    if not form.is_valid():
        return again(request, case_id, "recuse_form", form)
    assignments.recuse(case=fetch(case_id), reason=form.cleaned_data["body"], by=request.actor)
    messages.success(request, "Another officer was drawn. You have no part in this case any more.")
    return redirect("officer_queue")


@officer_view(methods=("POST",))
def reopen(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Open a decided case again."""
    form = ReopenForm(request.POST, prefix="reopen")
    if not form.is_valid():
        return again(request, case_id, "reopen_form", form)
    assignments.reopen(case=fetch(case_id), reasons=form.cleaned_data["body"], by=request.actor)
    messages.success(request, "The case is open again.")
    return redirect("officer_case", case_id)
