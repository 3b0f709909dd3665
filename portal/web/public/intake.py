"""Writing to the office without an account: reports of misuse, and requests of people about themselves."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from compliance.actions import intakes
from compliance.models.intake import IntakeKind
from portal.web.forms.errors import shown_on
from portal.web.forms.public import ReportForm, RequestForm
from portal.web.public import limits

TOO_MANY = 429


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Take a report of misuse."""
    return _page(request, ReportForm, IntakeKind.MISUSE_REPORT, "public/report.html")


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest) -> HttpResponse:
    """Take the request of a person about themselves."""
    return _page(request, RequestForm, IntakeKind.PERSON_REQUEST, "public/request.html")


@require_safe
def received(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirm what was sent under a reference, and tell where it stands; never what it says."""
    sent = intakes.with_reference(reference)
    response = render(request, "public/received.html", {"intake": sent.intake, "status": sent.status})
    response["Cache-Control"] = "private, no-store"
    return response


def _page(
    request: HttpRequest, form_class: type[forms.Form], kind: IntakeKind, template: str
) -> HttpResponse:
    if request.method != "POST":
        return render(request, template, {"form": form_class()})
    form = form_class(request.POST)
    if form.is_valid():
        if not limits.is_allowed(request):
            form.add_error(None, "Too many messages came from your network in this hour. Try again later.")
            return render(request, template, {"form": form}, status=TOO_MANY)
        with shown_on(form):
            intake = intakes.receive(kind=kind, **form.cleaned_data)
            return redirect("received", intake.reference)
    return render(request, template, {"form": form}, status=422)
