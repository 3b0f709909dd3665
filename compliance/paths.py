"""Which questions each kind of application asks: all of them once, later only what is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from compliance.models import Application
from compliance.models.onboarding import ApplicationKind
from compliance.questions import QUESTIONS, TASKS, Question, Task

_K = ApplicationKind
_POLICE: Final = ("us-police-2020", "humanitarian-exemption")


def _ask(name: str, text: str, why: str = "", *, granted: bool = False) -> Question:
    """Return a question of onboarding in the words of a later application."""
    asked = QUESTIONS[name]
    return replace(asked, text=text, why=why or asked.why, granted=granted)


_NEW_PURPOSE = (
    Task(
        "purposes",
        "The new purpose",
        (
            _ask("purposes", "Which purpose do you want to add?"),
            _ask("purpose_story", "Describe one typical case of it."),
            _ask("image_sources", "Where do its photos come from?"),
        ),
    ),
    Task("end_users", "For whom", (_ask("end_users", "For whom will you do it? Name each body."),)),
    Task(
        "people",
        "Legal basis and people affected",
        (
            _ask("legal_basis", "On which legal basis do you process faces for it?"),
            _ask("subject_classes", "Whose faces are these?"),
            _ask("subjects", "Where do these people live?"),
        ),
    ),
)
_END_USERS = (
    Task("end_users", "The new end users", (_ask("end_users", "Whom do you want to add? Name each body."),)),
    Task(
        "purposes",
        "What you do for them",
        (
            _ask(
                "purposes",
                "For which of your purposes?",
                "A grant is for one purpose and one end user. A new purpose is asked for apart.",
                granted=True,
            ),
            Question(
                "end_user_story",
                "How do they ask you, and what do they get from you?",
                "Whoever asks, receives or pays is a party, and rules look at every party.",
                _POLICE,
            ),
        ),
    ),
)
_EXEMPTION = (
    Task(
        "line",
        "What the exemption is for",
        (
            _ask(
                "purposes", "For which purpose?", "An exemption is for a purpose, never for an organization."
            ),
            _ask(
                "end_users",
                "For which end users? Name each body.",
                "An exemption binds to each end user by name.",
            ),
        ),
    ),
    Task(
        "grounds",
        "Why it is exempt",
        (
            Question(
                "exemption_grounds",
                "How do you meet what the exemption asks for?",
                "The pre-check says which exemption fits. Officers check each of its conditions.",
                _POLICE,
            ),
            Question(
                "exemption_until",
                "Until when do you need it?",
                "An exemption ends on a day, at most twelve months ahead. It can be renewed.",
                day=True,
            ),
        ),
    ),
)
_APPEAL = (
    Task(
        "appeal",
        "Your appeal",
        (
            Question(
                "appeal_reason",
                "What is wrong with the decision?",
                "An officer who had no part in the decision reads this first.",
            ),
            Question(
                "appeal_remedy",
                "What should be decided instead?",
                "The officer can confirm the decision or decide anew.",
            ),
        ),
    ),
)
TASKS_OF: Final[dict[ApplicationKind, tuple[Task, ...]]] = {
    _K.ONBOARDING: TASKS,
    _K.RECERTIFICATION: TASKS,
    _K.NEW_PURPOSE: _NEW_PURPOSE,
    _K.END_USER_CHANGE: _END_USERS,
    _K.EXEMPTION: _EXEMPTION,
    _K.APPEAL: _APPEAL,
}


def tasks_of(kind: str) -> tuple[Task, ...]:
    """Return the tasks of a kind of application, evidence aside."""
    return TASKS_OF[ApplicationKind(kind)]


def questions_of(kind: str) -> dict[str, Question]:
    """Return the questions of a kind of application by name."""
    return {question.name: question for task in tasks_of(kind) for question in task.questions}


def carried_of(kind: str) -> tuple[Task, ...]:
    """Return the tasks of onboarding with what this kind does not ask and takes over from before."""
    asked = questions_of(kind)
    if kind == _K.APPEAL:
        return TASKS
    left = ((task, tuple(one for one in task.questions if one.name not in asked)) for task in TASKS)
    return tuple(replace(task, questions=rest) for task, rest in left if rest)


def is_answered(question: Question, application: Application) -> bool:
    """Whether a question needs nothing more: answered and, where it was answered before, confirmed."""
    given = bool(application.answers.get(question.name))
    anew = application.kind == _K.RECERTIFICATION
    return given and (not anew or question.name in application.answered)


def missing(application: Application) -> list[Question]:
    """Return the questions that stand between an application and its submission."""
    asked = questions_of(application.kind).values()
    return [question for question in asked if not is_answered(question, application)]


def changed(names: Iterable[str], application: Application) -> set[str]:
    """Return the questions whose answer is another than the one the application began with."""
    before, now = application.earlier, application.answers
    return {name for name in names if now.get(name) != before.get(name)}
