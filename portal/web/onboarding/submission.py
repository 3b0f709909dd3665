"""Check answers, declare, and follow what became of an application."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from compliance.actions import onboarding
from compliance.answers import declaration_of
from compliance.models import Application, Evidence
from compliance.models.onboarding import ApplicationKind
from compliance.paths import missing, questions_of
from compliance.questions import Question
from portal.common.errors import InvalidInput
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import DeclarationForm
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding import prechecks
from portal.web.onboarding.answers import asked_groups, carried_groups
from portal.web.onboarding.applications import address_of, is_writable, own_application, status_of
from portal.web.onboarding.documents import document_rows


@member_view(scoped=False)
def check(request: MemberRequest, application_id: str) -> HttpResponse:
    """Show every answer with a link to change it, and the declaration."""
    return _check_page(request, own_application(request, application_id), DeclarationForm())


@member_view(methods=("POST",), scoped=False)
def submit(request: MemberRequest, application_id: str) -> HttpResponse:
    """Declare the answers true and submit."""
    application = own_application(request, application_id)
    form = DeclarationForm(request.POST)
    if not form.is_valid():
        return _check_page(request, application, form, status=422)
    try:
        onboarding.submit(application=application, by=request.actor)
    except InvalidInput as error:
        return _check_page(request, application, form, status=422, lacking=error.detail.get("fields", ()))
    messages.success(request, "Your application was submitted.")
    return redirect("onboarding_status", application.public_id)


def _check_page(
    request: MemberRequest,
    application: Application,
    form: DeclarationForm,
    *,
    status: int = 200,
    lacking: Any = (),
) -> HttpResponse:
    with tenant_scope(application.organization_id):
        documents = Evidence.objects.filter(application=application).order_by("received_at")
        writable = is_writable(request, application)
        asked = questions_of(application.kind)
        context = {
            "application": application,
            "status": status_of(application),
            "groups": asked_groups(application, writable=writable),
            "carried": carried_groups(application),
            "documents": document_rows(documents),
            "digest": declaration_of(application),
            "form": form,
            "errors": [_missing_link(asked[name], application) for name in lacking],
            "ready": not missing(application),
            "anew": application.kind == ApplicationKind.RECERTIFICATION,
            "writable": writable,
            **prechecks.panel(application),
        }
        return render(request, "tenant/onboarding/check.html", context, status=status)


def _missing_link(question: Question, application: Application) -> dict[str, str]:
    return {"text": f"Answer: {question.text}", "url": f"{address_of(question, application)}?from=check"}
