"""Stepping back from a case, and opening a decided one again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import assignments
from compliance.models import OrganizationRecusal
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope
from portal.web.forms.officer import RecuseForm, ReopenForm, WithdrawRecusalForm
from portal.web.officer import conflicts, organizations
from portal.web.officer.cases import again, fetch
from portal.web.officer.guards import OfficerRequest, officer_view


@officer_view(methods=("POST",))
def recuse(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Declare a conflict of interest."""
    form = RecuseForm(request.POST, prefix="recuse")
    if not form.is_valid():
        return again(request, case_id, "recuse_form", form)
    given = form.cleaned_data
    whole = given["whole_organization"]
    assignments.recuse(case=fetch(case_id), reason=given["body"], whole_organization=whole, by=request.actor)
    part = "anything about this organization" if whole else "this case"
    messages.success(request, f"Another officer was drawn. You have no part in {part} any more.")
    return redirect("officer_queue")


@officer_view(methods=("POST",))
def withdraw_recusal(request: OfficerRequest, recusal_id: str) -> HttpResponse:
    """Withdraw the conflict of interest that another officer declared about an organization."""
    with officer_scope():
        recusal = OrganizationRecusal.objects.with_public_id(recusal_id)
        organization = Organization.objects.get(pk=recusal.organization_id)
    form = WithdrawRecusalForm(request.POST, prefix=recusal.public_id)
    if not form.is_valid():
        with officer_scope():
            forms = {"recusals": conflicts.rows(organization, request.actor, form), "form": form}
            return organizations.page(request, organization, forms, status=422)
    assignments.withdraw_recusal(recusal=recusal, reasons=form.cleaned_data["reasons"], by=request.actor)
    messages.success(request, "The conflict was withdrawn. They can be drawn for new cases again.")
    return redirect("officer_organization", organization.public_id)


@officer_view(methods=("POST",))
def reopen(request: OfficerRequest, case_id: str) -> HttpResponse:
    """Open a decided case again."""
    form = ReopenForm(request.POST, prefix="reopen")
    if not form.is_valid():
        return again(request, case_id, "reopen_form", form)
    assignments.reopen(case=fetch(case_id), reasons=form.cleaned_data["body"], by=request.actor)
    messages.success(request, "The case is open again.")
    return redirect("officer_case", case_id)
