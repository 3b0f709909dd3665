"""Requests that were asked about: what organizations answered, for an officer to look at."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import samples
from compliance.models import Sample
from portal.tenancy.scope import officer_scope
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.officer.pages import page_of


@officer_view()
def listed(request: OfficerRequest) -> HttpResponse:
    """List answers that wait for an officer, and questions that organizations still have to answer."""
    rows = Sample.objects.select_related("organization")
    context = {
        "page": page_of(request, rows.to_judge()),
        "waiting": rows.waiting()[:25],
        "to_judge": Sample.objects.to_judge().count(),
        "unanswered": Sample.objects.waiting().count(),
    }
    return office_page(request, "officer/samples.html", context)


@officer_view(methods=("POST",))
def judge(request: OfficerRequest, sample_id: str) -> HttpResponse:
    """Find an answer plausible, or open a case about it."""
    with officer_scope():
        sample = Sample.objects.with_public_id(sample_id)
    if "doubt" in request.POST:
        samples.doubt(sample=sample, by=request.actor)
        messages.success(request, "A case is open about this request.")
    else:
        samples.accept(sample=sample, by=request.actor)
        messages.success(request, "The answer was found plausible.")
    return redirect("officer_samples")
