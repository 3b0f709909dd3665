"""The bodies an organization works for: named one by one, each with its type."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import onboarding
from compliance.models import Application
from compliance.policy.vocabulary import OrganizationType
from compliance.questions import QUESTIONS
from portal.common.errors import NotFound
from portal.web.forms.onboarding import EndUserForm
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding.applications import END_USERS, ask_page, own_application


@member_view(methods=("GET", "POST"), scoped=False)
def named(request: MemberRequest, application_id: str) -> HttpResponse:
    """List the named bodies and take another."""
    application = own_application(request, application_id)
    if request.method == "POST":
        return _add(request, application)
    return _page(request, application, EndUserForm())


def _add(request: MemberRequest, application: Application) -> HttpResponse:
    if "itself" in request.POST:
        itself = {"name": application.organization.name, "organization_type": None, "jurisdiction": None}
        return _save(request, application, [*_others(application), itself])
    form, leaving = EndUserForm(request.POST), "continue" in request.POST
    if leaving and not form.has_changed() and _bodies(application):
        return redirect("onboarding_tasks", application.public_id)
    if not form.is_valid():
        return _page(request, application, form, status=422)
    body = {name: form.cleaned_data[name] or None for name in ("name", "organization_type", "jurisdiction")}
    return _save(request, application, [*_bodies(application), body], leaving=leaving)


@member_view(methods=("POST",), scoped=False)
def remove(request: MemberRequest, application_id: str, number: int) -> HttpResponse:
    """Take one body off the list."""
    application = own_application(request, application_id)
    bodies = _bodies(application)
    if not 1 <= number <= len(bodies):
        raise NotFound()
    return _save(request, application, bodies[: number - 1] + bodies[number:])


def _save(
    request: MemberRequest, application: Application, bodies: list[dict[str, Any]], *, leaving: bool = False
) -> HttpResponse:
    onboarding.save_answer(application=application, answers={END_USERS: bodies}, by=request.actor)
    return redirect("onboarding_tasks" if leaving else "onboarding_end_users", application.public_id)


def _page(
    request: MemberRequest, application: Application, form: EndUserForm, *, status: int = 200
) -> HttpResponse:
    bodies = _bodies(application)
    return ask_page(
        request,
        application,
        QUESTIONS[END_USERS],
        form,
        template="tenant/onboarding/end_users.html",
        status=status,
        bodies=[_row(body) for body in bodies],
        itself_named=len(_others(application)) < len(bodies),
    )


def _row(body: dict[str, Any]) -> dict[str, str]:
    kind = body["organization_type"]
    return {
        "name": body["name"],
        "type": OrganizationType(kind).label if kind else "Your own organization",
        "place": body["jurisdiction"] or "",
    }


def _bodies(application: Application) -> list[dict[str, Any]]:
    return list(application.answers.get(END_USERS) or [])


def _others(application: Application) -> list[dict[str, Any]]:
    return [body for body in _bodies(application) if body["organization_type"]]
