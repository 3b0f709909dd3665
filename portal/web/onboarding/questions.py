"""The questions of an application, one a page, with the pre-check beside each."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from compliance.actions import onboarding
from compliance.answers import granted_purposes
from compliance.models import Application
from compliance.models.onboarding import ApplicationKind
from compliance.paths import questions_of, tasks_of
from compliance.questions import Question, Task
from compliance.standing import determination_in_force
from portal.common.errors import InvalidInput, NotFound
from portal.tenancy.scope import tenant_scope
from portal.web.forms.onboarding import AnswerForm, as_text
from portal.web.guards import MemberRequest, member_view
from portal.web.onboarding import prechecks
from portal.web.onboarding.applications import is_writable, own_application

END_USERS = "end_users"


@member_view(methods=("GET", "POST"), scoped=False)
def question(request: MemberRequest, application_id: str, name: str) -> HttpResponse:
    """Ask one question, and save its answer."""
    application = own_application(request, application_id)
    asked = questions_of(application.kind).get(name)
    if asked is None or name == END_USERS:
        raise NotFound()
    form = _form(asked, application, request.POST if request.method == "POST" else None)
    return (
        _save(request, application, asked, form)
        if form.is_bound
        else ask_page(request, application, asked, form)
    )


def _form(asked: Question, application: Application, data: Any) -> AnswerForm:
    only = None
    if asked.granted:
        with tenant_scope(application.organization_id):
            only = granted_purposes(determination_in_force(application.organization))
    return AnswerForm(asked, data, only=only, initial={asked.name: application.answers.get(asked.name)})


def _save(
    request: MemberRequest, application: Application, asked: Question, form: AnswerForm
) -> HttpResponse:
    leaving = "exit" in request.POST
    if leaving and not form.has_changed():
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
    following = _following(answered, application)
    if leaving or following is None:
        return redirect("onboarding_tasks", application.public_id)
    return redirect("onboarding_question", application.public_id, following.name)


def _following(answered: Question, application: Application) -> Question | None:
    task = _task_of(answered, application)
    place = task.questions.index(answered) + 1
    return task.questions[place] if place < len(task.questions) else None


def _task_of(asked: Question, application: Application) -> Task:
    return next(task for task in tasks_of(application.kind) if asked in task.questions)


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
    task = _task_of(asked, application)
    with tenant_scope(application.organization_id):
        context = {
            "application": application,
            "question": asked,
            "rules": prechecks.rules_of(asked),
            "task": task,
            "place": task.questions.index(asked) + 1,
            "form": form,
            "live": bool(asked.words) or asked.places,
            "to_confirm": _is_to_confirm(asked, application),
            "given": as_text(asked, application.answers.get(asked.name)),
            "writable": is_writable(request, application),
            **prechecks.panel(application),
            **more,
        }
        return render(request, template, context, status=status)


def _is_to_confirm(asked: Question, application: Application) -> bool:
    """Whether an earlier answer is on the page and waits to be confirmed or changed."""
    anew = application.kind == ApplicationKind.RECERTIFICATION
    return anew and bool(application.answers.get(asked.name)) and asked.name not in application.answered


@member_view(scoped=False)
def precheck(request: MemberRequest, application_id: str) -> HttpResponse:
    """Return the pre-check for an answer that is being given and not saved."""
    application = own_application(request, application_id)
    asked = questions_of(application.kind)
    name = next((one for one in request.GET if one in asked and one != END_USERS), "")
    unsaved: dict[str, Any] = {}
    if name and (form := _form(asked[name], application, request.GET)).is_valid():
        unsaved = {name: form.answer}
    with tenant_scope(request.organization):
        return render(request, "tenant/onboarding/_precheck.html", prechecks.panel(application, unsaved))
