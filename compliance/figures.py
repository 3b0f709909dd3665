"""Figures of the office's own work. Inside the office's scope; synthetic organizations are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, Min, Q

from compliance.models import Case, Recommendation, SecondLook
from compliance.models.cases import ENDED, CaseKind, CaseQuerySet, CaseStatus

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Waiting:
    """Open cases of one kind.

    Attributes:
        oldest_days: Age of the oldest in days.
    """

    kind: str
    open: int
    overdue: int
    oldest_days: float


@dataclass(frozen=True)
class Decided:
    """Cases of one kind decided within a year.

    Attributes:
        median_days: From opening to decision.
        outcomes: How often each outcome.
    """

    kind: str
    cases: int
    median_days: float
    outcomes: dict[str, int]


@dataclass(frozen=True)
class Agreement:
    """How often two officers who did not know of each other found the same."""

    asked: int
    agreed: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None where nobody was asked."""
        return self.agreed / self.asked if self.asked else None


def waiting(now: datetime) -> list[Waiting]:
    """Return open cases by kind, the kind with most overdue first."""
    rows = (
        _real()
        .exclude(status__in=ENDED)
        .order_by()
        .values("kind")
        .annotate(open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), oldest=Min("opened_at"))
    )
    found = [
        Waiting(row["kind"], row["open"], row["overdue"], (now - row["oldest"]) / timedelta(days=1))
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.overdue, -one.open, one.kind))


def decided(now: datetime) -> list[Decided]:
    """Return what was decided within a year, by kind."""
    rows = _real().filter(status__in=(CaseStatus.DECIDED, CaseStatus.CLOSED), decided_at__gt=now - YEAR)
    found: dict[str, list[tuple[float, str]]] = {}
    for kind, opened, ended, outcome in rows.values_list("kind", "opened_at", "decided_at", "outcome"):
        if ended is not None:  # the filter leaves no other
            found.setdefault(kind, []).append(((ended - opened) / timedelta(days=1), outcome))
    return [_decided(str(kind), found[kind]) for kind in CaseKind.values if kind in found]


def countersignatures(now: datetime) -> Agreement:
    """Return how often a second officer, voting blind, approved within a year.

    Only first votes of each round count: a third officer knows that two disagree.
    """
    votes = Recommendation.objects.filter(
        case__organization__synthetic=False, recommended_at__gt=now - YEAR
    ).order_by("pk")
    asked = agreed = 0
    proposed: dict[object, bool] = {}
    for case, outcome, finding in votes.values_list("case_id", "outcome", "finding"):
        if finding:
            proposed[case] = True
        elif proposed.pop(case, False):
            asked, agreed = asked + 1, agreed + (outcome == "approve")
    return Agreement(asked, agreed)


def second_looks(now: datetime) -> Agreement:
    """Return how often a second look agreed within a year."""
    rows = SecondLook.objects.filter(organization__synthetic=False, judged_at__gt=now - YEAR)
    return Agreement(rows.count(), rows.filter(agrees=True).count())


def _real() -> CaseQuerySet:
    rows: CaseQuerySet = Case.objects.filter(organization__synthetic=False)
    return rows


def _decided(kind: str, cases: Sequence[tuple[float, str]]) -> Decided:
    outcomes: dict[str, int] = {}
    for _, outcome in cases:
        outcomes[outcome or "other"] = outcomes.get(outcome or "other", 0) + 1
    return Decided(kind, len(cases), median(days for days, _ in cases), outcomes)
