"""Taking one line, or its exemption, out of the determination in force: one officer, at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from compliance.actions import cases, determinations, measures
from compliance.findings import Finding, Line, of_determination
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Case, Determination, Grant, Measure
from compliance.models.cases import CaseKind
from compliance.models.measures import TAKEN_AWAY, MeasureKind
from compliance.policy.vocabulary import MoratoriumStatus
from compliance.standing import determination_in_force
from portal.common.errors import Conflict
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, User
from portal.tenancy.scope import officer_scope


def revoke_grant(*, grant: Grant, reasons: str, by: Actor, about: Case | None = None) -> Measure:
    """Take one grant out of the determination in force: whatever runs under it stops.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `own_organization`.
        Conflict: `not_in_force`, a newer determination was recorded.
    """
    return _take_away(grant, MeasureKind.GRANT_REVOKED, reasons, by, about)


def revoke_exemption(*, grant: Grant, reasons: str, by: Actor, about: Case | None = None) -> Measure:
    """End the exemption of one grant: the moratorium covers it from now on.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `own_organization`.
        Conflict: `not_in_force`, or `not_exempt`.
    """
    if grant.moratorium_status != MoratoriumStatus.EXEMPT:
        raise Conflict("not_exempt", "This grant has no exemption that could be revoked.")
    return _take_away(grant, MeasureKind.EXEMPTION_REVOKED, reasons, by, about)


def require_none_since(moment: datetime, organization: Organization) -> None:
    """Let nothing be carried out that was recommended before something was revoked. Inside a scope.

    Raises:
        Conflict: `revoked_since`.
    """
    taken = Measure.objects.standing().filter(organization=organization, kind__in=TAKEN_AWAY)
    if taken.filter(taken_at__gt=moment).exists():
        raise Conflict(
            "revoked_since",
            "A grant or an exemption was revoked after this was recommended. Look at it again and "
            "recommend anew.",
        )


def _take_away(grant: Grant, kind: MeasureKind, reasons: str, by: Actor, about: Case | None) -> Measure:
    officer_id = officer_key(by)
    with officer_scope():
        refuse_involved(grant.organization_id, officer_id)
        organization = Organization.objects.select_for_update().get(pk=grant.organization_id)
        before = _in_force(organization, grant)
        case = cases.open_case(
            kind=CaseKind.INCIDENT,
            organization_id=organization.pk,
            summary=f"{kind.label}: {grant.get_purpose_display()} for {grant.end_user}",
            subject=about.public_id if about else grant.public_id,
            by=by,
        )
        determinations.insert(
            organization,
            _stricter(before, grant, kind, reasons),
            case=case,
            decided_by=User.objects.get(pk=officer_id),
            second=None,
            by=by,
        )
        organizations.raise_epoch(organization)
        return measures.take(
            kind, organization=organization, case=case, reasons=reasons, by=by, subject=grant.public_id
        )


def _in_force(organization: Organization, grant: Grant) -> Determination:
    before = determination_in_force(organization)
    if before is None or grant.determination_id != before.pk:
        raise Conflict(
            "not_in_force", "A newer determination took this grant's place. Look at the grants again."
        )
    return before


def _stricter(before: Determination, grant: Grant, kind: MeasureKind, reasons: str) -> Finding:
    """Return what was determined, with the one line covered, or without it."""
    finding = of_determination(before)
    pairs = [(line, _is_of(line, grant)) for line in finding.lines]
    if kind is MeasureKind.EXEMPTION_REVOKED:
        lines = tuple(_covered(line) if taken else line for line, taken in pairs)
    else:
        lines = tuple(line for line, taken in pairs if not taken)
    if not lines:
        return finding.revoked(reasons=reasons)
    return replace(finding, lines=lines, reasons=reasons)


def _is_of(line: Line, grant: Grant) -> bool:
    same = line.purpose == grant.purpose and line.end_user == str(grant.end_user_id)
    return same and (line.case_reference or "") == grant.case_reference


def _covered(line: Line) -> Line:
    return replace(
        line,
        moratorium_status=MoratoriumStatus.COVERED,
        exemption=None,
        exemption_evidence="",
        exemption_expires_at=None,
    )
