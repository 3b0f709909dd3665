"""Documents of an application: sealed when they come in, opened only for their organization and officers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from compliance import evidence as store
from compliance.actions import documents
from compliance.models import Application, Evidence
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput, NotFound
from portal.tenancy.access import get_or_404
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import EvidenceForm
from portal.web.forms.wording import kind_label
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding import prechecks
from portal.web.onboarding.applications import is_writable, own_application

# What a browser may show in place; anything else is handed out as a file.
SHOWN_IN_PLACE = frozenset({"image/png", "image/jpeg", "text/plain"})


@member_view(methods=("GET", "POST"), scoped=False)
def listed(request: MemberRequest, application_id: str) -> HttpResponse:
    """List the documents and take another."""
    application = own_application(request, application_id)
    if request.method == "POST":
        return _add(request, application)
    return _page(request, application, EvidenceForm())


def _add(request: MemberRequest, application: Application) -> HttpResponse:
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, application, form, status=422)
    file = form.cleaned_data["file"]
    try:
        evidence = documents.add(
            application=application,
            name=file.name,
            kind=form.cleaned_data["kind"],
            record=form.record,
            content=file.read(),
            content_type=file.content_type or "",
            expires_at=form.expires_at,
            by=request.actor,
        )
    except (InvalidInput, Conflict) as error:
        field = error.detail.get("field", "file")
        form.add_error(field if field in form.fields else "file", error.sentence)
        return _page(request, application, form, status=422)
    messages.success(request, f"{evidence.name} was received and sealed.")
    return redirect("onboarding_evidence", application.public_id)


def _page(
    request: MemberRequest, application: Application, form: EvidenceForm, *, status: int = 200
) -> HttpResponse:
    with tenant_scope(application.organization_id):
        rows = Evidence.objects.filter(application=application).order_by("received_at")
        checked = prechecks.panel(application)
        context = {
            "application": application,
            "documents": document_rows(rows),
            "wanted": sorted({name for line in checked["checked"] for name in line.documents}),
            "form": form,
            "writable": is_writable(request, application),
        }
        return render(request, "tenant/onboarding/evidence.html", context, status=status)


def document_rows(rows: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Return documents with their state by the clock. Inside a scope."""
    now = database_now()
    return [{"document": row, "kind": kind_label(row.kind), "status": row.status_at(now)} for row in rows]


@member_view(scoped=False)
def opened(request: MemberRequest, evidence_id: str) -> HttpResponse | StreamingHttpResponse:
    """Hand a document back to the organization that sent it."""
    return hand_out(get_or_404(Evidence, request.actor, evidence_id))


def hand_out(evidence: Evidence) -> StreamingHttpResponse:
    """Return a document's bytes, never to be read as anything but what it was received as.

    Raises:
        NotFound: Its bytes were purged.
    """
    try:
        chunks = store.stream(evidence)
        first = next(chunks, b"")
    except FileNotFoundError:
        raise NotFound("purged", "This document was purged.") from None
    response = StreamingHttpResponse(chain([first], chunks), content_type=evidence.content_type)
    as_file = evidence.content_type not in SHOWN_IN_PLACE
    disposition = content_disposition_header(as_file, evidence.name)
    if disposition:
        response["Content-Disposition"] = disposition
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
