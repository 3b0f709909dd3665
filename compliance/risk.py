"""How much hangs on a case: computed from what is declared and asked for, with every reason told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from compliance.models import Case, Grant
from compliance.models.cases import ENDED, CaseKind
from compliance.policy.vocabulary import POLICE, PUBLIC_SAFETY, Purpose, SubjectClass


class Level(StrEnum):
    """How much hangs on it, in one word."""

    USUAL = "usual_risk"
    RAISED = "raised_risk"
    HIGH = "high_risk"


@dataclass(frozen=True)
class Risk:
    """A level, and what raised it, the weightiest first."""

    level: Level
    reasons: tuple[str, ...]


# From how much weight on a level is reached.
_HIGH, _RAISED = 4, 1
_CHILDREN = frozenset({Purpose.FIND_MISSING_CHILD, Purpose.CSAM_VICTIM_IDENTIFICATION})
_HARM = {
    CaseKind.BREACH: "Data may have got out.",
    CaseKind.INCIDENT: "Something happened that may harm people.",
    CaseKind.MISUSE_REPORT: "Somebody reports misuse.",
    CaseKind.ALERT: "Work looks like misuse.",
    CaseKind.URGENT: "A person may be in danger now.",
    CaseKind.LEGAL_DEMAND: "An authority demands data.",
    CaseKind.SECOND_LOOK: "Two officers found differently, without knowing of each other.",
}


def risks_of(cases: Iterable[Case], *, now: datetime) -> dict[UUID, Risk]:
    """Return the risk of each case, in a fixed number of queries. Inside the office's scope.

    Args:
        cases: With `application` and `organization` selected.
        now: What is overdue is reckoned from it.
    """
    rows = list(cases)
    served = _served({case.organization_id for case in rows})
    return {case.pk: _risk(case, served.get(case.organization_id, frozenset()), now) for case in rows}


def _risk(case: Case, served: frozenset[str], now: datetime) -> Risk:
    found = sorted(_signals(case, served, now), key=lambda pair: -pair[0])
    weight = sum(points for points, _ in found)
    level = Level.HIGH if weight >= _HIGH else Level.RAISED if weight >= _RAISED else Level.USUAL
    return Risk(level, tuple(reason for _, reason in found))


def _signals(case: Case, served: frozenset[str], now: datetime) -> list[tuple[int, str]]:
    answers = case.application.answers if case.application else {}
    found = _of_answers(answers, served)
    if case.kind in _HARM:
        found.append((_HIGH, _HARM[CaseKind(case.kind)]))
    if case.kind == CaseKind.EXEMPTION:
        found.append((3, "An exemption from a moratorium is asked for."))
    if case.status not in ENDED and case.due_at < now:
        found.append((2, "It is overdue."))
    return found


def _of_answers(answers: Mapping[str, Any], served: frozenset[str]) -> list[tuple[int, str]]:
    types = {body.get("organization_type") for body in answers.get("end_users") or []} - {None}
    parties = types | {answers.get("organization_type")}
    purposes = set(answers.get("purposes") or [])
    found = []
    if parties & set(POLICE):
        found.append((3, "Police are a party."))
    if purposes & set(PUBLIC_SAFETY):
        found.append((3, "A purpose of public safety or surveillance is asked for."))
    if purposes & _CHILDREN or SubjectClass.MISSING_CHILD in set(answers.get("subject_classes") or []):
        found.append((1, "Children are searched for."))
    if served and types - served:
        found.append((2, "An end user is of a type that the organization did not serve before."))
    return found


def _served(organizations: set[UUID]) -> dict[UUID, frozenset[str]]:
    """Return the types of end users in the determination in force of each organization."""
    grants = Grant.objects.filter(organization__in=organizations).of_newest_determinations().kept()
    found: dict[UUID, frozenset[str]] = {}
    for owner, kind in grants.values_list("organization_id", "end_user__organization_type"):
        found[owner] = found.get(owner, frozenset()) | {kind}
    return found
