"""An officer's own views of the queue: kept, renamed, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.actions import views
from compliance.models import SavedView
from portal.common.errors import NotFound
from portal.common.ids import parse_public_id
from portal.web.forms.officer import RenameForm, ViewForm
from portal.web.officer.guards import OfficerRequest, office_page, officer_view


@officer_view(methods=("POST",))
def save(request: OfficerRequest) -> HttpResponse:
    """Keep the filter that the queue showed."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        return office_page(request, "officer/view.html", {"form": form, "saving": True}, status=422)
    made = views.save(**form.cleaned_data, by=request.actor)
    messages.success(request, f"“{made.name}” is kept.")
    return redirect(f"{reverse('officer_queue')}?{made.query}")


@officer_view(methods=("GET", "POST"))
def change(request: OfficerRequest, view_id: str) -> HttpResponse:
    """Rename a view, or delete it."""
    found = _find(request, view_id)
    if "delete" in request.POST:
        views.delete(view=found, by=request.actor)
        messages.success(request, f"“{found.name}” was deleted.")
        return redirect("officer_queue")
    form = RenameForm(request.POST or None, initial={"name": found.name})
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return office_page(request, "officer/view.html", {"form": form, "view": found}, status=status)
    made = views.rename(view=found, name=form.cleaned_data["name"], by=request.actor)
    return redirect(f"{reverse('officer_queue')}?{made.query}")


def _find(request: OfficerRequest, view_id: str) -> SavedView:
    key = parse_public_id(SavedView.PREFIX, view_id)
    found = SavedView.objects.filter(pk=key, officer_id=request.actor.user_id).first()
    if found is None:
        raise NotFound()
    return found
