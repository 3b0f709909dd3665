"""Renewing the organization's data key: why, how far it is, and that everything stays readable."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.errors import shown_on
from portal.web.forms.keys import RotationForm
from portal.web.guards import MemberRequest, member_view
from recognition.actions import rotations


@member_view(methods=("GET", "POST"), permission=Permission.RENEW_KEYS)
def renew(request: MemberRequest) -> HttpResponse:
    """Ask why, then make a new data key; while what is stored is sealed anew, show how far that is."""
    if request.method != "POST":
        return _shown(request, RotationForm())
    form = RotationForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            rotations.start(organization=request.organization, by=request.actor, **form.cleaned_data)
            messages.success(request, "There is a new data key. What is stored is being sealed under it.")
            return redirect("data_key")
    with tenant_scope(request.organization):
        return _shown(request, form)


def _shown(request: MemberRequest, form: RotationForm) -> HttpResponse:
    context = {"form": form, "progress": rotations.progress(request.organization)}
    return render(request, "tenant/keys/data.html", context, status=422 if form.errors else 200)
