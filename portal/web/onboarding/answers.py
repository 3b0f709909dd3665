"""The answers of an application as rows that applicants and officers read."""

from __future__ import annotations

from typing import Any

from compliance.models import Application
from compliance.models.onboarding import ApplicationKind
from compliance.paths import carried_of, changed, questions_of, tasks_of
from compliance.questions import Question, Task
from portal.web.forms.onboarding import as_text
from portal.web.onboarding.applications import address_of


def asked_groups(application: Application, *, writable: bool = False) -> list[dict[str, Any]]:
    """Return the answers given in this application, task by task; with a link to change each, if wanted."""
    return [_group(task, application, writable=writable) for task in tasks_of(application.kind)]


def carried_groups(application: Application) -> list[dict[str, Any]]:
    """Return the answers taken over from before, task by task, where there are any."""
    if application.kind in {ApplicationKind.ONBOARDING, ApplicationKind.RECERTIFICATION}:
        return []
    groups = [_group(task, application, writable=False) for task in carried_of(application.kind)]
    return [group for group in groups if any(row["value"] for row in group["rows"])]


def _group(task: Task, application: Application, *, writable: bool) -> dict[str, Any]:
    return {"title": task.title, "rows": [_row(one, application, writable) for one in task.questions]}


def _row(question: Question, application: Application, writable: bool) -> dict[str, Any]:
    return {
        "key": question.text,
        "value": as_text(question, application.answers.get(question.name)),
        "url": f"{address_of(question, application)}?from=check" if writable else "",
        "change": question.text,
        "status": _mark(question, application),
    }


def _mark(question: Question, application: Application) -> str:
    """Return how an answer stands to the earlier one in a recertification, nothing elsewhere."""
    if application.kind != ApplicationKind.RECERTIFICATION or question.name not in application.answered:
        return ""
    return (
        "changed"
        if changed(questions_of(application.kind), application) & {question.name}
        else "confirmed_again"
    )
