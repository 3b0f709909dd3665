"""What the life of an organization is made of, over the rules alone: lines, jobs, versions of the policy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from compliance.policy.facts import GrantLine
from compliance.policy.rules import Condition, Kind, Period, PolicyVersion
from compliance.policy.ruling import Ruling
from compliance.policy.vocabulary import Purpose, SubjectClass
from recognition.models import JobStatus
from recognition.states import JOB
from tests.compliance.policy import builders
from tests.compliance.policy.builders import DEFAULT, HARBOR, OTHER_UNIT, UNIT

END_USERS = {party.id: party for party in (HARBOR, UNIT, OTHER_UNIT)}
SHOWN = {
    Purpose.TRAFFICKING_VICTIM_IDENTIFICATION: SubjectClass.VICTIM,
    Purpose.FIND_MISSING_CHILD: SubjectClass.MISSING_CHILD,
}


@dataclass(frozen=True)
class Line:
    """One line of a determination, as the office records it."""

    purpose: Purpose
    end_user: str
    starts_at: datetime
    expires_at: datetime
    exempt_until: datetime | None

    @property
    def is_for_police(self) -> bool:
        return END_USERS[self.end_user] is not HARBOR

    @property
    def asks_two(self) -> bool:
        return self.is_for_police or self.exempt_until is not None

    @property
    def grant(self) -> GrantLine:
        times = {"starts_at": self.starts_at, "expires_at": self.expires_at}
        party = END_USERS[self.end_user]
        if self.exempt_until is None:
            return builders.line(self.purpose, party, **times)
        return builders.exempt_line(self.purpose, party, exemption_expires_at=self.exempt_until, **times)


@dataclass
class Work:
    """A job, as far as rulings are about it."""

    purpose: Purpose
    end_user: str
    status: str = JobStatus.SUBMITTED
    held_from: str = ""
    held_reason: str = ""
    approved: set[str] = field(default_factory=set)
    ruling: Ruling | None = None

    def move(self, to: str) -> None:
        assert JOB.allows(self.status, to), f"{self.status} to {to}"
        self.status = to

    def hold(self, reason: str) -> None:
        self.held_from, self.held_reason = self.status, reason
        self.move(JobStatus.HELD)


@lru_cache(maxsize=4096)
def version(number: int, published_at: datetime, stop: Period | None) -> PolicyVersion:
    """The newest version that ships, with a moratorium on searches more, or none."""
    newest = DEFAULT.versions[-1]
    scope = (Condition("operation", frozenset({"search"})),)
    more = (builders.rule("search-stop", kind=Kind.MORATORIUM, scope=scope, period=stop),) if stop else ()
    return replace(newest, number=number, published_at=published_at, rules=(*newest.rules, *more))
