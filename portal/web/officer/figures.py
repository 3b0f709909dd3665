"""Figures of the office: what waits, how long decisions take, how often officers agree."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from compliance import figures
from compliance.models import SecondLook
from compliance.models.cases import CaseKind
from portal.common.clock import database_now
from portal.web.officer.guards import OfficerRequest, office_page, officer_view
from portal.web.templatetags.countenance import words


@officer_view()
def shown(request: OfficerRequest) -> HttpResponse:
    """Show the figures, each chart with the table of the same numbers."""
    now = database_now()
    waiting, decided = figures.waiting(now), figures.decided(now)
    context = {
        "waiting": _waiting(waiting),
        "waiting_bars": [
            {"name": _kind(one.kind), "value": one.open, "part": one.overdue} for one in waiting
        ],
        "decided": _decided(decided),
        "days_bars": [{"name": _kind(one.kind), "value": round(one.median_days, 1)} for one in decided],
        "oldest": max((one.oldest_days for one in waiting), default=None),
        "open": sum(one.open for one in waiting),
        "overdue": sum(one.overdue for one in waiting),
        "countersignatures": figures.countersignatures(now),
        "second_looks": figures.second_looks(now),
        "looks_waiting": SecondLook.objects.waiting().count(),
    }
    return office_page(request, "officer/figures.html", context)


def _waiting(rows: list[figures.Waiting]) -> dict[str, Any]:
    return {
        "columns": [
            {"label": "Kind"},
            {"label": "Open", "numeric": True},
            {"label": "Overdue", "numeric": True},
            {"label": "Oldest, days", "numeric": True},
        ],
        "rows": [
            [_kind(one.kind), _number(one.open), _number(one.overdue), _number(round(one.oldest_days, 1))]
            for one in rows
        ],
    }


def _decided(rows: list[figures.Decided]) -> dict[str, Any]:
    return {
        "columns": [
            {"label": "Kind"},
            {"label": "Decided", "numeric": True},
            {"label": "Median days", "numeric": True},
            {"label": "Outcomes"},
        ],
        "rows": [
            [_kind(one.kind), _number(one.cases), _number(round(one.median_days, 1)), _outcomes(one)]
            for one in rows
        ],
    }


def _outcomes(one: figures.Decided) -> str:
    ordered = sorted(one.outcomes.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{words(outcome).lower()} {number}" for outcome, number in ordered)


def _kind(kind: str) -> str:
    return CaseKind(kind).label


def _number(value: float) -> dict[str, Any]:
    return {"text": value, "numeric": True}
