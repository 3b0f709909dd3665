"""Answers of an application: read strictly, taken over from before, declared under one hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from compliance.models import Application, Determination, EndUser, Evidence
from compliance.models.determinations import DeterminationOutcome
from compliance.models.onboarding import ApplicationKind, ApplicationStatus
from compliance.paths import questions_of
from compliance.policy import plain
from compliance.policy.places import place
from compliance.policy.vocabulary import Purpose
from compliance.questions import Question, read_body
from portal.common.errors import InvalidInput

LONGEST_TEXT = 5_000
MOST_BODIES = 200
_A_YEAR = timedelta(days=366)
_K, _S = ApplicationKind, ApplicationStatus


def read(
    kind: str, answers: Mapping[str, Any], *, determination: Determination | None, now: datetime
) -> dict[str, Any]:
    """Return answers as they are kept. Inside a scope.

    Args:
        kind: The kind of application, which has questions of its own.
        answers: By the name of the question.
        determination: The one in force.
        now: The moment, for a day that has to be ahead.

    Raises:
        InvalidInput: `unknown_question`, or what is wrong with an answer, with the field.
    """
    asked = questions_of(kind)
    checked = {}
    for name, value in answers.items():
        if name not in asked:
            raise InvalidInput("unknown_question", f"This application does not ask {name!r}.", field=name)
        try:
            checked[name] = _read(asked[name], value, now)
            if asked[name].granted:
                _require_granted(checked[name] or (), determination)
        except InvalidInput as error:
            raise InvalidInput(error.code, error.sentence, field=name) from error
    return checked


def declaration_of(application: Application) -> str:
    """Return the SHA-256 of the answers and documents that are declared true. Inside a scope."""
    documents = Evidence.objects.filter(application=application)
    declared = {
        "reference": application.reference,
        "kind": application.kind,
        "against": application.against,
        "answers": application.answers,
        "evidence": sorted(documents.values_list("sha256", flat=True)),
    }
    return plain.sha256(declared)


def carried(
    kind: str, *, name: str, determination: Determination | None, appealed: Application | None
) -> dict[str, Any]:
    """Return the answers that an application begins with: nothing is asked twice. Inside a scope.

    What officers determined stands above what was declared. Answers to the questions of a short path are
    left out: there only what is new is asked.

    Args:
        kind: The kind of application.
        name: Of the organization, as it was founded.
        determination: The one in force.
        appealed: The application on which an appealed decision was made, where there is one.
    """
    if kind == _K.APPEAL:
        return dict(appealed.answers) if appealed else _as_determined(determination)
    if kind == _K.ONBOARDING:
        return {"legal_name": name} | _declared_before(_S.DECIDED, _S.WITHDRAWN, _S.LAPSED)
    asked = {} if kind == _K.RECERTIFICATION else questions_of(kind)
    return {name: value for name, value in _as_determined(determination).items() if name not in asked}


def _as_determined(determination: Determination | None) -> dict[str, Any]:
    """Return the declared answers with what officers found and granted in their place."""
    if determination is None:
        return _declared_before(_S.DECIDED)
    found: dict[str, Any] = {
        "organization_type": determination.organization_type,
        "legal_form": determination.legal_form,
        "establishment": determination.establishment,
        "processing": determination.processing,
        "subjects": determination.subjects,
    }
    found["purposes"] = sorted(granted_purposes(determination))
    found["end_users"] = [body_of(end_user) for end_user in end_users_of(determination)]
    return _declared_before(_S.DECIDED) | {name: value for name, value in found.items() if value}


def _declared_before(*statuses: ApplicationStatus) -> dict[str, Any]:
    whole = Application.objects.filter(kind__in=(_K.ONBOARDING, _K.RECERTIFICATION), status__in=statuses)
    newest = whole.order_by("-started_at", "-pk").first()
    return dict(newest.answers) if newest else {}


def end_users_of(determination: Determination | None) -> list[EndUser]:
    """Return the end users of the lines that are granted and not given up. Inside a scope."""
    if determination is None:
        return []
    served = {grant.end_user_id: grant.end_user for grant in determination.kept_grants()}
    return list(served.values())


def kept_beside(
    application: Application, determination: Determination | None
) -> list[tuple[str, dict[str, Any]]]:
    """Return purpose and end user of each grant that an application does not ask anew. Inside a scope.

    A determination takes the place of the one before, so whoever decides has these lines before them too.
    """
    if application.kind in {_K.ONBOARDING, _K.RECERTIFICATION, _K.APPEAL} or determination is None:
        return []
    grants = determination.kept_grants().filter(case_reference="")
    return [(grant.purpose, body_of(grant.end_user)) for grant in grants]


def body_of(end_user: EndUser) -> dict[str, Any]:
    """Return an entry of the register as an application names it."""
    itself = end_user.organization_id is not None
    return {
        "name": end_user.name,
        "organization_type": None if itself else end_user.organization_type,
        "jurisdiction": None if itself else end_user.jurisdiction or None,
    }


def _read(question: Question, value: Any, now: datetime) -> Any:
    if value in ("", [], None):
        return None
    if question.bodies:
        return _bodies(value)
    if question.day:
        return _day(value, now.date())
    if question.places:
        return sorted(plain.many(_place)(value))
    reader: plain.Reader[Any] = plain.word(question.words) if question.words else _text
    return sorted(plain.many(reader)(value)) if question.several else reader(value)


def _text(value: Any) -> str:
    words = plain.text(value)
    if len(words) > LONGEST_TEXT:
        raise InvalidInput("too_long", f"Write {LONGEST_TEXT:,} characters at most.")
    if "\0" in words:
        raise InvalidInput("not_text", "The text holds a character that cannot be kept. Type it anew.")
    return words


def _place(value: Any) -> str:
    return place(value)


def _bodies(value: Any) -> Any:
    bodies = plain.row(read_body)(value)
    if len(bodies) > MOST_BODIES:
        raise InvalidInput("too_many", f"Name {MOST_BODIES} bodies at most.")
    for body in bodies:
        _text(body.name)
        if body.jurisdiction:
            _place(body.jurisdiction)
    keys = [(one.name.lower(), one.organization_type, one.jurisdiction) for one in bodies]
    twice = next((one for one in bodies if keys.count(keys[bodies.index(one)]) > 1), None)
    if twice:
        raise InvalidInput("named_twice", f"{twice.name} is on the list already.")
    return plain.encode(bodies)


def _day(value: Any, today: date) -> str:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidInput("not_a_day", "Give a day, month and year.") from None
    if not today < day <= today + _A_YEAR:
        raise InvalidInput("day", "Give a day that is ahead, within twelve months.")
    return day.isoformat()


def _require_granted(purposes: Any, determination: Determination | None) -> None:
    granted = granted_purposes(determination)
    if other := sorted(set(purposes) - granted):
        label = Purpose(other[0]).label
        raise InvalidInput("not_granted", f"“{label}” is not granted to you. Ask for it as a new purpose.")


def granted_purposes(determination: Determination | None) -> set[str]:
    """Return the purposes of the lines that are granted and not given up. Inside a scope."""
    if determination is None or determination.outcome != DeterminationOutcome.GRANTED:
        return set()
    return set(determination.kept_grants().values_list("purpose", flat=True))
