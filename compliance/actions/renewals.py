"""What grants, exemptions and determinations leave to do before they end: cases, letters, recertification."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from compliance import reminders
from compliance.actions import cases, letters
from compliance.actions.lapses import AT_ONCE, CLOCK
from compliance.dates import MARKS_OF_GRANTS, RECERTIFY_BEFORE, recertify_at, status_by_date
from compliance.models import Case, Grant
from compliance.models.cases import CaseKind
from compliance.standing import determination_in_force
from portal.common.clock import database_now
from portal.common.steps import alone
from portal.tenancy.actions import organizations
from portal.tenancy.models import Organization, OrganizationStatus
from portal.tenancy.scope import officer_scope

_S = OrganizationStatus
_GRANT, _EXEMPTION = "grant", "exemption"
_KINDS = {_GRANT: CaseKind.RECERTIFICATION, _EXEMPTION: CaseKind.EXEMPTION}
_AT_WORK = (_S.ACTIVE, _S.RECERTIFICATION_DUE, _S.RESTRICTED)


def announce_ends() -> int:
    """Open a case and write to the organization 90, 30 and 7 days before a grant ends. A sweep."""
    return _announce(_GRANT, ends_at="expires_at")


def announce_ends_of_exemptions() -> int:
    """Do the same for exemptions that end before their grant. A sweep."""
    return _announce(_EXEMPTION, ends_at="exemption_expires_at")


def follow_dates() -> int:
    """Bring the stored status of organizations after their dates; returns how many moved. A sweep.

    Whoever reads a status computes it from the same dates, so nothing waits for this.
    """
    with officer_scope():
        due = _renewable().filter(organization=OuterRef("pk")).filter(_due(database_now()))
        moved = Q(status=_S.ACTIVE, due=True) | Q(status=_S.RECERTIFICATION_DUE, due=False)
        rows = Organization.objects.annotate(due=Exists(due)).filter(moved)
        keys = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return sum(alone(_follow, key) for key in keys)


def _announce(what: str, *, ends_at: str) -> int:
    with officer_scope():
        grants = _renewable().filter(organization__status__in=_AT_WORK)
        if what == _EXEMPTION:
            grants = grants.exclude(exemption="").filter(exemption_expires_at__lt=F("expires_at"))
        rows = reminders.untold(
            grants, what=what, marks=MARKS_OF_GRANTS, since="starts_at", now=database_now(), ends_at=ends_at
        )
        found = list(rows.order_by("organization", ends_at, "pk")[:AT_ONCE])
    told = [
        alone(_tell, organization_id, what, end, list(together))
        for (organization_id, end), together in groupby(
            found, lambda grant: (grant.organization_id, getattr(grant, ends_at))
        )
    ]
    return sum(told)


def _tell(organization_id: UUID, what: str, ends_at: datetime, grants: list[Grant]) -> int:
    """Tell one end, of one grant or of several that end together; returns how many grants are new in it."""
    with officer_scope():
        organization = Organization.objects.get(pk=organization_id)
        new = [grant for grant in grants if _is_new(grant, what, ends_at)]
        if new:
            days = min(_mark(grant) for grant in grants)
            case = _case(organization, what, ends_at, new, days)
            letters.write(
                kind=f"{what}s_ending",
                organization=organization,
                about=new[0].public_id,
                by=CLOCK,
                grants=[str(grant) for grant in new],
                ends_at=ends_at,
                days=days,
                case=case,
            )
    return len(new)


def _is_new(grant: Grant, what: str, ends_at: datetime) -> bool:
    key = grant.organization_id
    return reminders.first_time(key, what=what, row=grant.pk, ends_at=ends_at, days=_mark(grant))


def _mark(grant: Grant) -> int:
    days: int = grant.days  # type: ignore[attr-defined]  # annotated by `untold`
    return days


def _case(
    organization: Organization, what: str, ends_at: datetime, grants: Iterable[Grant], days: int
) -> Case:
    """Open the case, or note the mark in the one that is open: an officer has one matter, not three."""
    kind = _KINDS[what]
    lines = "; ".join(str(grant) for grant in grants)
    case = Case.objects.open().filter(organization=organization, kind=kind).first()
    if case is None:
        case = cases.open_case(
            kind=kind,
            organization_id=organization.pk,
            summary=f"A {what} of {organization} ends on {ends_at:%Y-%m-%d}: {lines}",
            subject=next(iter(grants)).public_id,
            due_at=ends_at,
            by=CLOCK,
        )
    note = f"{days} days before the end of a {what} on {ends_at:%Y-%m-%d %H:%M} UTC: {lines}"
    cases.write(case, note, by=CLOCK, internal=True)
    return case


def _follow(key: UUID) -> bool:
    with officer_scope():
        organization = Organization.objects.select_for_update().get(pk=key)
        determination = determination_in_force(organization)
        grants = list(determination.kept_grants()) if determination else []
        to = status_by_date(organization.status, recertify_at(grants), database_now())
        if to == organization.status:
            return False
        organizations.change_status(organization, to, by=CLOCK, reason="date")
        if to == _S.RECERTIFICATION_DUE:
            letters.write(
                kind="recertification_due",
                organization=organization,
                about=organization.public_id,
                by=CLOCK,
                first_end=min(grant.expires_at for grant in grants if not grant.case_reference),
            )
    return True


def _renewable() -> QuerySet[Grant]:
    """Return the grants of determinations in force that organizations keep and that are not for one case."""
    kept: QuerySet[Grant] = Grant.objects.of_newest_determinations().kept().filter(case_reference="")
    return kept


def _due(now: datetime) -> Q:
    long = Q(starts_at__lt=F("expires_at") - RECERTIFY_BEFORE, expires_at__lte=now + RECERTIFY_BEFORE)
    return long | Q(expires_at__lte=now)
