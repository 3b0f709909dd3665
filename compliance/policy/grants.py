"""Which line of the determination covers a use, and in what state that line is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compliance.policy.facts import Fact, Facts, GrantLine, Undetermined
from compliance.policy.plain import MISSING
from compliance.policy.vocabulary import MoratoriumStatus, strictest


class GrantState(StrEnum):
    """How the determination in force answers for purpose, end user and operation."""

    ABSENT = "absent"
    OTHER_OPERATION = "other_operation"
    OTHER_CASE = "other_case"
    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    IN_FORCE = "in_force"


class ExemptionState(StrEnum):
    """Whether a line is exempt, and still."""

    NONE = "none"
    IN_FORCE = "in_force"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Covering:
    """The state found, and the line when one is in force."""

    state: GrantState
    line: GrantLine | None = None


def covering(facts: Facts, at: datetime) -> Fact[Covering]:
    """Return how the determination covers what is asked, at a moment."""
    for fact in (facts.purpose, facts.end_user, facts.operation):
        if fact is MISSING or isinstance(fact, Undetermined):
            return fact
    lines = [line for line in facts.grants if _is_for(line, facts)]
    if not lines:
        return Covering(GrantState.ABSENT)
    lines = [line for line in lines if facts.operation in line.operations]
    if not lines:
        return Covering(GrantState.OTHER_OPERATION)
    lines = [line for line in lines if line.case_reference in {None, facts.case_reference}]
    return _in_time(lines, at) if lines else Covering(GrantState.OTHER_CASE)


def exemption_state(line: GrantLine | None, at: datetime) -> ExemptionState:
    """Return whether a line is exempt at a moment."""
    if line is None or line.moratorium_status is not MoratoriumStatus.EXEMPT:
        return ExemptionState.NONE
    return ExemptionState.IN_FORCE if at < line.exempt_until else ExemptionState.EXPIRED


def _is_for(line: GrantLine, facts: Facts) -> bool:
    end_user_id = getattr(facts.end_user, "id", None)
    return line.purpose == facts.purpose and line.end_user_id == end_user_id


def _in_time(lines: list[GrantLine], at: datetime) -> Covering:
    now = [line for line in lines if line.starts_at <= at < line.expires_at]
    if now:
        worst = strictest(*(line.moratorium_status for line in now))
        return Covering(GrantState.IN_FORCE, next(line for line in now if line.moratorium_status is worst))
    if any(line.starts_at > at for line in lines):
        return Covering(GrantState.NOT_STARTED)
    return Covering(GrantState.EXPIRED)
