"""Applications that wait for their organization: warned of once, then lapsed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from compliance import reminders
from compliance.actions import handover, letters
from compliance.dates import MARKS_OF_WAITING
from compliance.models import Application
from compliance.models.onboarding import UNFINISHED, ApplicationStatus
from portal.common.clock import database_now
from portal.common.steps import alone
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope, tenant_scope

CLOCK = Actor.system("clock")
AT_ONCE = 200  # rows of one sweep
_WHAT = "application"


def lapse_due() -> int:
    """Lapse what was not finished in time, with its case; returns how many lapsed. A sweep."""
    with officer_scope():
        over = Application.objects.unfinished().filter(expires_at__lte=database_now())
        keys = list(over.order_by("expires_at").values_list("organization_id", "pk")[:AT_ONCE])
    return sum(alone(_lapse, organization_id, key) for organization_id, key in keys)


def warn() -> int:
    """Tell organizations seven days before an application lapses; returns how many were told. A sweep."""
    with officer_scope():
        rows = reminders.untold(
            Application.objects.unfinished(),
            what=_WHAT,
            marks=MARKS_OF_WAITING,
            since="started_at",
            now=database_now(),
        )
        found = list(rows.values_list("organization_id", "pk", "days")[:AT_ONCE])
    return sum(alone(_warn, organization_id, key, days) for organization_id, key, days in found)


def _lapse(organization_id: UUID, key: UUID) -> bool:
    with tenant_scope(organization_id):
        row = _locked(key)
        if row.status not in UNFINISHED or row.expires_at > database_now():
            return False
        was_asked = row.status == ApplicationStatus.INFO_REQUESTED
        handover.take_back(row, ApplicationStatus.LAPSED, by=CLOCK)
        _tell("application_lapsed", row, was_asked=was_asked)
    return True


def _warn(organization_id: UUID, key: UUID, days: int) -> bool:
    with tenant_scope(organization_id):
        row = _locked(key)
        if row.status not in UNFINISHED:
            return False
        new = reminders.first_time(organization_id, what=_WHAT, row=key, ends_at=row.expires_at, days=days)
        if new:
            _tell("application_lapsing", row, was_asked=row.status == ApplicationStatus.INFO_REQUESTED)
    return new


def _locked(key: UUID) -> Application:
    rows = Application.objects.select_for_update(of=("self",)).select_related("organization")
    row: Application = rows.get(pk=key)
    return row


def _tell(kind: str, application: Application, **values: Any) -> None:
    letters.write(
        kind=kind,
        organization=application.organization,
        about=application.public_id,
        by=CLOCK,
        application=application,
        **values,
    )
