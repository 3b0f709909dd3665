"""The bodies an organization works for: named one by one, each with its type."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from compliance.actions import onboarding
from compliance.answers import body_of, end_users_of
from compliance.models import Application, EndUser
from compliance.models.onboarding import ApplicationKind
from compliance.paths import questions_of
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import determination_in_force
from portal.common.errors import InvalidInput, NotFound
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import EndUserForm
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding.applications import own_application
from portal.web.onboarding.questions import END_USERS, ask_page

# Kinds that may be about end users an organization serves already: those need not be typed again.
_OFFERS_KNOWN = frozenset({ApplicationKind.NEW_PURPOSE, ApplicationKind.EXEMPTION})


@member_view(methods=("GET", "POST"), scoped=False)
def named(request: MemberRequest, application_id: str) -> HttpResponse:
    """List the named bodies and take another."""
    application = _own(request, application_id)
    if request.method == "POST":
        return _add(request, application)
    return _page(request, application, EndUserForm())


def _add(request: MemberRequest, application: Application) -> HttpResponse:
    if "itself" in request.POST or "known" in request.POST:
        return _save(request, application, [*_bodies(application), _picked(request, application)])
    form, leaving = EndUserForm(request.POST), "continue" in request.POST
    if leaving and not form.has_changed() and _bodies(application):
        return _save(request, application, _bodies(application), leaving=True)
    if not form.is_valid():
        return _page(request, application, form, status=422)
    try:
        return _save(request, application, [*_bodies(application), form.body], leaving=leaving)
    except InvalidInput as error:
        form.add_error("name", error.sentence)
        return _page(request, application, form, status=422)


def _picked(request: MemberRequest, application: Application) -> dict[str, Any]:
    """Return the organization itself, or one of the end users it serves already."""
    if "itself" in request.POST:
        return {"name": application.organization.name, "organization_type": None, "jurisdiction": None}
    chosen = [one for one in _known(application) if one.public_id == request.POST["known"]]
    if not chosen:
        raise NotFound()
    return body_of(chosen[0])


@member_view(methods=("POST",), scoped=False)
def remove(request: MemberRequest, application_id: str, number: int) -> HttpResponse:
    """Take one body off the list."""
    application = _own(request, application_id)
    bodies = _bodies(application)
    if not 1 <= number <= len(bodies):
        raise NotFound()
    return _save(request, application, bodies[: number - 1] + bodies[number:])


def _own(request: MemberRequest, application_id: str) -> Application:
    """Return an application of the member's organization that asks for end users."""
    application = own_application(request, application_id)
    if END_USERS not in questions_of(application.kind):
        raise NotFound()
    return application


def _save(
    request: MemberRequest, application: Application, bodies: list[dict[str, Any]], *, leaving: bool = False
) -> HttpResponse:
    onboarding.save_answer(application=application, answers={END_USERS: bodies}, by=request.actor)
    following = "onboarding_check" if request.GET.get("from") == "check" else "onboarding_tasks"
    return redirect(following if leaving else "onboarding_end_users", application.public_id)


def _page(
    request: MemberRequest, application: Application, form: EndUserForm, *, status: int = 200
) -> HttpResponse:
    bodies = _bodies(application)
    return ask_page(
        request,
        application,
        questions_of(application.kind)[END_USERS],
        form,
        template="tenant/onboarding/end_users.html",
        status=status,
        bodies=[_row(body) for body in bodies],
        known=_known(application),
        itself_named=any(body["organization_type"] is None for body in bodies),
    )


def _known(application: Application) -> list[EndUser]:
    """Return the end users served already that this application does not name yet."""
    if application.kind not in _OFFERS_KNOWN:
        return []
    with tenant_scope(application.organization_id):
        served = end_users_of(determination_in_force(application.organization))
    named_here = _bodies(application)
    return [one for one in served if one.organization_id is None and body_of(one) not in named_here]


def _row(body: dict[str, Any]) -> dict[str, str]:
    kind = body["organization_type"]
    return {
        "name": body["name"],
        "type": OrganizationType(kind).label if kind else "Your own organization",
        "place": body["jurisdiction"] or "",
    }


def _bodies(application: Application) -> list[dict[str, Any]]:
    return list(application.answers.get(END_USERS) or [])
