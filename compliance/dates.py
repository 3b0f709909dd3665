"""What follows from a date alone: the marks before an end, and that an organization is due to recertify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from compliance.models import Grant
from portal.tenancy.models import OrganizationStatus

MARKS_OF_GRANTS = (90, 30, 7)
MARKS_OF_EVIDENCE = (30, 7)
MARKS_OF_WAITING = (7,)
RECERTIFY_BEFORE = timedelta(days=30)
_BY_DATE = frozenset({OrganizationStatus.ACTIVE, OrganizationStatus.RECERTIFICATION_DUE})


def mark(
    ends_at: datetime, now: datetime, marks: Sequence[int], *, since: datetime | None = None
) -> int | None:
    """Return the nearest mark before an end that has been passed, None before the first and after the end.

    Args:
        ends_at: The end.
        now: The moment.
        marks: Days before the end.
        since: When it began; a mark that lies before is none: nobody is warned of an end chosen this week.
    """
    if now >= ends_at:
        return None
    nearest = min((days for days in marks if now >= _before(ends_at, days)), default=None)
    told = nearest is not None and (since is None or since <= _before(ends_at, nearest))
    return nearest if told else None


def recertify_at(grants: Iterable[Grant]) -> datetime | None:
    """Return when an organization is due to recertify, None where it has no grant to renew.

    That is 30 days before the first of its grants ends; at the end itself, where the grant is shorter. A
    grant for one urgent case is not renewed, and one that the organization gave up is none any more.
    """
    moments = [_due_at(one.starts_at, one.expires_at) for one in grants if not one.case_reference]
    return min(moments, default=None)


def status_by_date(stored: str, due_at: datetime | None, now: datetime) -> OrganizationStatus:
    """Return the status of an organization as the clock has it, swept already or not."""
    status = OrganizationStatus(stored)
    if status not in _BY_DATE:
        return status
    due = due_at is not None and due_at <= now
    return OrganizationStatus.RECERTIFICATION_DUE if due else OrganizationStatus.ACTIVE


def _before(ends_at: datetime, days: int) -> datetime:
    return ends_at - timedelta(days=days)


def _due_at(starts_at: datetime, ends_at: datetime) -> datetime:
    early = ends_at - RECERTIFY_BEFORE
    return early if early > starts_at else ends_at
