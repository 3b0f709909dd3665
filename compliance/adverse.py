"""Decisions that went against an organization, and so can be appealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from compliance.models import Application, Case, Determination, Grant, Measure
from compliance.models.cases import ENDED, CaseKind
from compliance.models.determinations import DeterminationOutcome
from compliance.models.measures import STOPS
from compliance.models.onboarding import ApplicationKind
from compliance.policy.vocabulary import MoratoriumStatus, Purpose
from portal.tenancy.models import Organization, OrganizationStatus

MOST = 50
_AGAINST = ("rejected", "refuse", "refused", "declined")
_STOPPED = frozenset(
    {OrganizationStatus.SUSPENDED, OrganizationStatus.RESTRICTED, OrganizationStatus.REVOKED}
)


@dataclass(frozen=True)
class AdverseDecision:
    """A decision that an organization can appeal.

    Attributes:
        id: Public id of the determination or case.
        words: What was decided, for people.
        reasons: As the officers gave them to the organization.
        application: The one it was made on, where there is one.
        appeal: The open appeal against it, where there is one.
    """

    id: str
    at: datetime
    words: str
    reasons: str
    application: Application | None = None
    appeal: Application | None = None


def adverse(organization: Organization) -> list[AdverseDecision]:
    """Return the decisions that an organization can appeal, newest first. Inside a scope."""
    decided = [*_determinations(organization), *_cases(organization)]
    return sorted(decided, key=lambda one: one.at, reverse=True)[:MOST]


def _determinations(organization: Organization) -> list[AdverseDecision]:
    """Return determinations that reject, bar a line, or take one away that was granted before."""
    rows = list(
        Determination.objects.filter(organization=organization)
        .select_related("case__application")
        .prefetch_related("grants__ends")
        .newest_first()
    )
    found = []
    for row, before in zip_longest(rows, rows[1:]):
        if words := _against(row, before):
            application = row.case.application if row.case else None
            found.append(_decision(row.public_id, row.decided_at, words, row.reasons, application))
    return found


def _against(row: Determination, before: Determination | None) -> str:
    if row.outcome == DeterminationOutcome.REJECTED:
        return "Determination: nothing is granted"
    if row.outcome == DeterminationOutcome.REVOKED:
        return "Determination: everything that was granted was revoked"
    barred = [one for one in row.grants.all() if one.moratorium_status == MoratoriumStatus.COVERED]
    if barred:
        return f"Determination: a moratorium covers {_named(barred[0].purpose)}"
    kept = {(one.purpose, one.end_user_id) for one in row.grants.all()}
    had = before.grants.all() if before else ()
    taken = [one for one in had if (one.purpose, one.end_user_id) not in kept and _ran_on(one, row)]
    return f"Determination: {_named(taken[0].purpose)} is no longer granted" if taken else ""


def _ran_on(grant: Grant, after: Determination) -> bool:
    """Whether a grant would still be in force had another determination not taken its place."""
    return grant.expires_at > after.decided_at and not grant.ends.all()


def _named(purpose: str) -> str:
    return f"“{Purpose(purpose).label}”"


def _cases(organization: Organization) -> list[AdverseDecision]:
    """Return cases decided against the organization, and the one in which it was stopped."""
    rows = Case.objects.filter(organization=organization).select_related("application")
    with_determination = (
        Determination.objects.filter(organization=organization).exclude(case=None).values("case")
    )
    decided = rows.filter(status__in=ENDED, outcome__in=_AGAINST).exclude(kind=CaseKind.APPEAL)
    found = [_decided(case) for case in decided.exclude(pk__in=with_determination)]
    if organization.status in _STOPPED:
        stopping = _stopping(organization)
        found += [_stop(stopping, organization)] if stopping else []
    return found


def _stopping(organization: Organization) -> Case | None:
    """Return the case of the measure that stopped it; the clock restricts without a measure of an officer."""
    taken = Measure.objects.standing().filter(organization=organization, kind__in=STOPS)
    if measure := taken.select_related("case").first():
        return measure.case
    incidents = Case.objects.filter(organization=organization, kind=CaseKind.INCIDENT)
    newest: Case | None = incidents.order_by("-opened_at").first()
    return newest


def _decided(case: Case) -> AdverseDecision:
    words = f"{case.get_kind_display()} {case.reference}: decided against you"
    return _decision(case.public_id, case.decided_at or case.opened_at, words, _said(case), case.application)


def _stop(case: Case, organization: Organization) -> AdverseDecision:
    words = f"Your organization is {organization.get_status_display().lower()}, case {case.reference}"
    return _decision(case.public_id, case.opened_at, words, _said(case), None)


def _said(case: Case) -> str:
    first = case.messages.filter(internal=False).order_by("written_at").first()
    return first.body if first else ""


def _decision(
    key: str, at: datetime, words: str, reasons: str, application: Application | None
) -> AdverseDecision:
    appeals = Application.objects.open().filter(kind=ApplicationKind.APPEAL, against=key)
    return AdverseDecision(key, at, words, reasons, application, appeals.first())
