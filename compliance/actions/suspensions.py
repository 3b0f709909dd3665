"""Stopping and restricting an organization: one officer, at once. Undoing it takes a decision."""

from __future__ import annotations

from datetime import datetime

from compliance.actions import cases, determinations, letters, measures
from compliance.findings import Finding, of_determination
from compliance.impartiality import officer_key, refuse_involved
from compliance.models import Case, Measure, Recommendation
from compliance.models.cases import CaseKind
from compliance.models.determinations import DeterminationOutcome
from compliance.models.measures import STOPS, MeasureKind
from compliance.policy.vocabulary import OrganizationType
from compliance.standing import determination_in_force
from portal.common.errors import Conflict
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus, User
from portal.tenancy.scope import officer_scope

LIFT, REVOKE = "lifted", "revoked"
_S = OrganizationStatus
_STOPPED = frozenset({_S.SUSPENDED, _S.RESTRICTED})


def suspend(*, organization: Organization, reasons: str, by: Actor, about: Case | None = None) -> Case:
    """Suspend an organization at once; a case is opened in which it can be heard.

    Args:
        organization: The tenant.
        reasons: Why; the organization reads it.
        by: The officer.
        about: The case that led to it, such as a report of misuse.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `own_organization`.
        Conflict: `transition_not_allowed`.
    """
    return _stop(organization, MeasureKind.SUSPENSION, _S.SUSPENDED, reasons, by, about).case


def restrict(*, organization: Organization, reasons: str, by: Actor, about: Case | None = None) -> Case:
    """Restrict an active organization at once: an officer looks at each request before it runs.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `own_organization`.
        Conflict: `transition_not_allowed`.
    """
    return _stop(organization, MeasureKind.RESTRICTION, _S.RESTRICTED, reasons, by, about).case


def require_stopped(organization: Organization, outcome: str) -> None:
    """Let on only what fits how the organization stands. Inside a scope.

    Raises:
        Conflict: `not_suspended`, or `not_stopped`.
    """
    if outcome == REVOKE and organization.status != _S.SUSPENDED:
        raise Conflict("not_suspended", "Only a suspended organization is revoked. Suspend it first.")
    if outcome == LIFT and organization.status not in _STOPPED:
        raise Conflict("not_stopped", "The organization is neither suspended nor restricted any more.")


def require_none_since(moment: datetime, organization: Organization) -> None:
    """Let nothing be carried out that was recommended before the organization was stopped. Inside a scope.

    Raises:
        Conflict: `stopped_since`.
    """
    taken = Measure.objects.filter(organization=organization, kind__in=STOPS, taken_at__gt=moment)
    if taken.exists():
        raise Conflict(
            "stopped_since",
            "The organization was stopped after this was recommended. Look at it again and recommend anew.",
        )


def carry_out(case: Case, recommendation: Recommendation, *, by: Actor, second: User | None) -> None:
    """Lift a stop, or revoke the organization, as the office decided. In the office's scope."""
    organization = Organization.objects.select_for_update().get(pk=case.organization_id)
    require_stopped(organization, recommendation.outcome)
    if recommendation.outcome == LIFT:
        lift(organization, by=by)
    else:
        _revoke(organization, case, recommendation, by, second)
    letters.write(
        kind=f"organization_{recommendation.outcome}",
        organization=organization,
        about=organization.public_id if case.confidential else case.public_id,
        by=by,
        case=case,
        reasons=recommendation.reasons,
    )


def lift(organization: Organization, *, by: Actor) -> None:
    """Let a stopped organization work again under the determination it has. In the office's scope."""
    organizations.change_status(organization, _S.ACTIVE, by=by, reason="case")
    measures.lift(organization, STOPS, by=by)


def _stop(
    organization: Organization,
    kind: MeasureKind,
    status: str,
    reasons: str,
    by: Actor,
    about: Case | None,
) -> Measure:
    officer_id = officer_key(by)
    with officer_scope():
        refuse_involved(organization.pk, officer_id)
        tenant = Organization.objects.select_for_update().get(pk=organization.pk)
        organizations.change_status(tenant, status, by=by, reason="case")
        case = cases.open_case(
            kind=CaseKind.INCIDENT,
            organization_id=tenant.pk,
            summary=f"{kind.label} of {tenant.name}",
            subject=about.public_id if about else "",
            by=by,
        )
        return measures.take(kind, organization=tenant, case=case, reasons=reasons, by=by)


def _revoke(
    organization: Organization, case: Case, recommendation: Recommendation, by: Actor, second: User | None
) -> None:
    before = determination_in_force(organization)
    nothing = (
        of_determination(before) if before else Finding(organization_type=OrganizationType.OTHER, reasons="")
    )
    finding = nothing.revoked(reasons=recommendation.reasons)
    determinations.insert(
        organization, finding, case=case, decided_by=recommendation.officer, second=second, by=by
    )
    organizations.change_status(organization, _S.REVOKED, by=by, reason=DeterminationOutcome.REVOKED)
