"""Telling each mark before an end once, however often the clock looks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When

from compliance.models import Reminder


def untold(
    rows: Any, *, what: str, marks: Sequence[int], since: str, now: datetime, ends_at: str = "expires_at"
) -> QuerySet[Any]:
    """Return the rows whose nearest passed mark was not told yet, with it as `days`. Inside a scope.

    Args:
        rows: A query set.
        what: What ends, as reminders name it.
        marks: Days before the end.
        since: Column that says when it began; a mark that lies before is none.
        now: The moment.
        ends_at: Column or annotation that says when it ends.
    """
    ordered = sorted(marks)
    passed = [When(**{f"{ends_at}__lte": now + timedelta(days=one)}, then=Value(one)) for one in ordered]
    soon = rows.filter(
        **{f"{ends_at}__gt": now, f"{ends_at}__lte": now + timedelta(days=ordered[-1])}
    ).annotate(days=Case(*passed, output_field=IntegerField()))
    lasted = Q()
    for one in ordered:
        lasted |= Q(**{"days": one, f"{since}__lte": F(ends_at) - timedelta(days=one)})
    told = Reminder.objects.filter(
        row=OuterRef("pk"), what=what, ends_at=OuterRef(ends_at), days=OuterRef("days")
    )
    found: QuerySet[Any] = soon.filter(lasted).filter(~Exists(told))
    return found


def first_time(organization_id: UUID, *, what: str, row: UUID, ends_at: datetime, days: int) -> bool:
    """Note that a mark is told now; False where it was before. Inside a scope."""
    _, made = Reminder.objects.get_or_create(
        organization_id=organization_id, what=what, row=row, ends_at=ends_at, days=days
    )
    return bool(made)
