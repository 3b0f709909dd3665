"""The task list of an application and its questions, one a page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from compliance.actions import onboarding
from compliance.models import Application, Evidence
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.questions import QUESTIONS, TASKS, Question, Task
from portal.common.errors import InvalidInput, NotFound
from portal.tenancy.access import get_or_404
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import PLACES, AnswerForm
from portal.web.guards import MemberRequest, member_view, signed_in
from portal.web.onboarding import prechecks, standing

END_USERS = "end_users"
WRITABLE = frozenset({ApplicationStatus.DRAFT, ApplicationStatus.INFO_REQUESTED})


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
    if determined:
        return standing.show(request)
    if newest is None or newest.status in {ApplicationStatus.WITHDRAWN, ApplicationStatus.LAPSED}:
        return _start_page(request, newest)
    drafted = newest.status == ApplicationStatus.DRAFT
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
    application = onboarding.start(organization=request.organization, by=request.actor, kind=kind)
    return redirect("onboarding_tasks", application.public_id)


@member_view(scoped=False)
def tasks(request: MemberRequest, application_id: str) -> HttpResponse:
    """Show the task list with the pre-check."""
    with tenant_scope(request.organization):
        application = get_or_404(Application, request.actor, application_id, "organization")
        documents = Evidence.objects.filter(application=application).count()
        rows = [_task_row(task, application) for task in TASKS]
        context = {
            "application": application,
            "tasks": [*rows, _evidence_row(application, documents)],
            "done": sum(row["status"] == "completed" for row in rows) + bool(documents),
            "writable": is_writable(request, application),
            "ready": all(task.is_done(application.answers) for task in TASKS),
            **prechecks.panel(application),
        }
        return render(request, "tenant/onboarding/tasks.html", context)


@member_view(methods=("GET", "POST"), scoped=False)
def question(request: MemberRequest, application_id: str, name: str) -> HttpResponse:
    """Ask one question, and save its answer."""
    asked = QUESTIONS.get(name)
    if asked is None or name == END_USERS:
        raise NotFound()
    application = get_or_404(Application, request.actor, application_id, "organization")
    if request.method == "POST":
        return _save(request, application, asked)
    form = AnswerForm(asked, initial={name: application.answers.get(name)})
    return ask_page(request, application, asked, form)


def _save(request: MemberRequest, application: Application, asked: Question) -> HttpResponse:
    leaving = "exit" in request.POST
    form = AnswerForm(asked, request.POST)
    if leaving and not request.POST.get(asked.name):
        return redirect("onboarding_tasks", application.public_id)
    if not form.is_valid():
        return ask_page(request, application, asked, form, status=422)
    try:
        onboarding.save_answer(application=application, answers={asked.name: form.answer}, by=request.actor)
    except InvalidInput as error:
        form.add_error(asked.name, error.sentence)
        return ask_page(request, application, asked, form, status=422)
    return go_on(request, application, asked, leaving=leaving)


def go_on(
    request: MemberRequest, application: Application, answered: Question, *, leaving: bool
) -> HttpResponseRedirect:
    """Go to the next question of the task, to the task list after its last, or back to the answers."""
    if request.GET.get("from") == "check" and not leaving:
        return redirect("onboarding_check", application.public_id)
    following = _following(answered)
    if leaving or following is None:
        return redirect("onboarding_tasks", application.public_id)
    return redirect("onboarding_question", application.public_id, following.name)


def _following(answered: Question) -> Question | None:
    task = task_of(answered)
    place = task.questions.index(answered) + 1
    return task.questions[place] if place < len(task.questions) else None


def task_of(asked: Question) -> Task:
    """Return the task a question belongs to."""
    return next(task for task in TASKS if asked in task.questions)


def ask_page(
    request: MemberRequest,
    application: Application,
    asked: Question,
    form: Any,
    *,
    template: str = "tenant/onboarding/question.html",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render the page of a question with why it is asked, and the pre-check beside it."""
    task = task_of(asked)
    with tenant_scope(application.organization_id):
        context = {
            "application": application,
            "question": asked,
            "task": task,
            "place": task.questions.index(asked) + 1,
            "form": form,
            "live": bool(asked.words) or asked.name in PLACES,
            "writable": is_writable(request, application),
            **prechecks.panel(application),
            **more,
        }
        return render(request, template, context, status=status)


@member_view(scoped=False)
def precheck(request: MemberRequest, application_id: str) -> HttpResponse:
    """Return the pre-check for an answer that is being given and not saved."""
    name = next((one for one in request.GET if one in QUESTIONS and one != END_USERS), "")
    unsaved: dict[str, Any] = {}
    if name and (form := AnswerForm(QUESTIONS[name], request.GET)).is_valid():
        unsaved = {name: form.answer}
    with tenant_scope(request.organization):
        application = get_or_404(Application, request.actor, application_id, "organization")
        return render(request, "tenant/onboarding/_precheck.html", prechecks.panel(application, unsaved))


def is_writable(request: MemberRequest, application: Application) -> bool:
    """Whether this member can still change this application."""
    return application.status in WRITABLE and request.actor.may(Permission.APPLY)


def own_application(request: MemberRequest, application_id: str) -> Application:
    """Return an application of the member's organization."""
    return get_or_404(Application, request.actor, application_id, "organization")


def _task_row(task: Task, application: Application) -> dict[str, Any]:
    given = [one for one in task.questions if application.answers.get(one.name)]
    status = "completed" if task.is_done(application.answers) else "in_progress" if given else "not_started"
    first = next((one for one in task.questions if one not in given), task.questions[0])
    return {
        "title": task.title,
        "url": _address(application, first),
        "status": status,
        "hint": f"{len(given)} of {len(task.questions)} questions answered"
        if status == "in_progress"
        else "",
    }


def _address(application: Application, asked: Question) -> str:
    return redirect("onboarding_question", application.public_id, asked.name).url


def _evidence_row(application: Application, documents: int) -> dict[str, Any]:
    return {
        "title": "Evidence",
        "url": redirect("onboarding_evidence", application.public_id).url,
        "status": "completed" if documents else "not_started",
        "hint": f"{documents} received" if documents else "Documents that show what you answered",
    }
