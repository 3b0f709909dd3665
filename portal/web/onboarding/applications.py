"""Where an applicant begins, and the task list of an application."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from compliance.actions import onboarding
from compliance.models import Application, Evidence
from compliance.models.onboarding import UNFINISHED, ApplicationKind, ApplicationStatus
from compliance.paths import is_answered, missing, tasks_of
from compliance.questions import TASKS, Question, Task
from portal.common.clock import database_now
from portal.common.errors import NotFound
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.guards import MemberRequest, member_view, signed_in
from portal.web.onboarding import appeals, prechecks, standing

_ENDED = frozenset({ApplicationStatus.WITHDRAWN, ApplicationStatus.LAPSED})
_EVIDENCE_HINT = {
    ApplicationKind.NEW_PURPOSE: "Documents that the new purpose needs",
    ApplicationKind.END_USER_CHANGE: "Agreements with the new end users",
    ApplicationKind.EXEMPTION: "Documents that show the exemption fits",
    ApplicationKind.RECERTIFICATION: "New ones for those that have expired or changed",
    ApplicationKind.APPEAL: "What the officers did not have before them, if there is anything",
}


@signed_in
def index(request: HttpRequest) -> HttpResponse:
    """Show where the organization stands, or lead to where one is founded."""
    if request.organization is None:  # type: ignore[attr-defined]  # set by ActorMiddleware
        return redirect("found_organization")
    return _where_it_stands(request)  # type: ignore[arg-type]  # a member's, as just seen


def _where_it_stands(request: MemberRequest) -> HttpResponse:
    """Show nothing yet, an application, or the standing."""
    with tenant_scope(request.organization):
        newest = Application.objects.order_by("-started_at", "-pk").first()
        determined = standing.is_determined(request.organization)
        status = newest.status_at(database_now()) if newest else None
    if determined:
        return standing.show(request)
    if newest is None or status in _ENDED:
        return _start_page(request, newest)
    drafted = status == ApplicationStatus.DRAFT
    return redirect("onboarding_tasks" if drafted else "onboarding_status", newest.public_id)


def _start_page(request: MemberRequest, earlier: Application | None) -> HttpResponse:
    context = {"tasks": TASKS, "earlier": earlier, "may_apply": request.actor.may(Permission.APPLY)}
    return render(request, "tenant/onboarding/start.html", context)


@member_view(methods=("POST",), scoped=False)
def start(request: MemberRequest) -> HttpResponse:
    """Start an application of the kind asked for."""
    kind = request.POST.get("kind", ApplicationKind.ONBOARDING)
    if kind not in ApplicationKind.values:
        raise NotFound()
    against = request.POST.get("against", "")
    application = onboarding.start(
        organization=request.organization, by=request.actor, kind=kind, against=against
    )
    return redirect("onboarding_tasks", application.public_id)


@member_view(scoped=False)
def tasks(request: MemberRequest, application_id: str) -> HttpResponse:
    """Show the task list with the pre-check."""
    with tenant_scope(request.organization):
        application = get_or_404(Application, request.actor, application_id, "organization")
        documents = Evidence.objects.filter(application=application).count()
        rows = [_task_row(task, application) for task in tasks_of(application.kind)]
        context = {
            "application": application,
            "status": status_of(application),
            "against": appeals.against(application),
            "tasks": [*rows, _evidence_row(application, documents)],
            "done": sum(row["status"] == "completed" for row in rows) + bool(documents),
            "writable": is_writable(request, application),
            "ready": not missing(application),
            "anew": application.kind == ApplicationKind.RECERTIFICATION,
            **prechecks.panel(application),
        }
        return render(request, "tenant/onboarding/tasks.html", context)


def status_of(application: Application) -> str:
    """Return the status of an application by the database's clock."""
    return application.status_at(database_now())


def is_writable(request: MemberRequest, application: Application) -> bool:
    """Whether this member can still change this application."""
    return status_of(application) in UNFINISHED and request.actor.may(Permission.APPLY)


def own_application(request: MemberRequest, application_id: str) -> Application:
    """Return an application of the member's organization."""
    return get_or_404(Application, request.actor, application_id, "organization")


def address_of(asked: Question, application: Application) -> str:
    """Return where a question of an application is asked."""
    return reverse("onboarding_question", args=[application.public_id, asked.name])


def _task_row(task: Task, application: Application) -> dict[str, Any]:
    given = [one for one in task.questions if is_answered(one, application)]
    first = next((one for one in task.questions if one not in given), task.questions[0])
    done = len(given) == len(task.questions)
    status = "completed" if done else "in_progress" if given else "not_started"
    verb = "confirmed or changed" if application.kind == ApplicationKind.RECERTIFICATION else "answered"
    return {
        "title": task.title,
        "url": address_of(first, application),
        "status": status,
        "hint": f"{len(given)} of {len(task.questions)} questions {verb}" if status == "in_progress" else "",
    }


def _evidence_row(application: Application, documents: int) -> dict[str, Any]:
    wanted = _EVIDENCE_HINT.get(ApplicationKind(application.kind), "Documents that show what you answered")
    return {
        "title": "Evidence",
        "url": reverse("onboarding_evidence", args=[application.public_id]),
        "status": "completed" if documents else "not_started",
        "hint": f"{documents} received" if documents else wanted,
    }
