"""Recording determinations and bringing the organization's status after them."""

from __future__ import annotations

from compliance.actions import cases, exemptions, measures
from compliance.findings import Finding, check
from compliance.models import Case, Determination, Grant
from compliance.models.cases import CaseKind
from compliance.models.measures import STOPS
from compliance.standing import determination_in_force, lineage_in_force, standing
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Refused
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus, User
from portal.tenancy.scope import tenant_scope

_S = OrganizationStatus
_AFTER_A_GRANT = dict.fromkeys((_S.IN_REVIEW, _S.RECERTIFICATION_DUE, _S.RESTRICTED, _S.SUSPENDED), _S.ACTIVE)
_AFTER_AN_APPEAL = frozenset({_S.REJECTED, _S.REVOKED})  # a new determination is the way back from there
_AFTER_A_REJECTION = {_S.IN_REVIEW: _S.REJECTED, _S.SUSPENDED: _S.REVOKED}


def determine_synthetic(*, organization: Organization, finding: Finding, by: Actor) -> Determination:
    """Record the determination of an organization made by a command, and make it active.

    Raises:
        Refused: `not_synthetic`; about a real organization people decide.
    """
    if not organization.synthetic or by.kind != "system":
        raise Refused("not_synthetic", "People decide about real organizations, not commands.")
    with tenant_scope(organization):
        tenant = Organization.objects.get(pk=organization.pk)
        now = database_now()
        checked = check(finding, version=lineage_in_force().known_at(now), now=now)
        determination = insert(tenant, checked, case=None, decided_by=None, second=None, by=by)
        for status in (_S.SUBMITTED, _S.IN_REVIEW, _S.ACTIVE):
            if tenant.status != _S.ACTIVE:
                organizations.change_status(tenant, status, by=by, reason="synthetic")
        organizations.raise_epoch(tenant)
    organization.refresh_from_db()
    return determination


def insert(
    organization: Organization,
    finding: Finding,
    *,
    case: Case | None,
    decided_by: User | None,
    second: User | None,
    by: Actor,
) -> Determination:
    """Insert a determination with its grants. Inside a scope."""
    before = determination_in_force(organization)
    determination = Determination(
        organization=organization,
        case=case,
        outcome=finding.outcome,
        organization_type=finding.organization_type,
        type_evidence=list(finding.type_evidence),
        legal_form=finding.legal_form,
        onward_service=finding.onward_service,
        establishment=sorted(finding.establishment),
        processing=sorted(finding.processing),
        subjects=sorted(finding.subjects),
        records=sorted(finding.records),
        moratorium_status=finding.moratorium_status,
        reasons=finding.reasons,
        decided_by=decided_by,
        countersigned_by=second,
        synthetic=organization.synthetic,
    )
    determination.save(force_insert=True)
    _insert_grants(determination, finding)
    audit.record(
        verb="determination.recorded",
        actor=by,
        target=determination,
        organization=organization.pk,
        organization_type=str(finding.organization_type),
        moratorium_status=str(finding.moratorium_status),
        grants=len(finding.lines),
        outcome=finding.outcome,
        synthetic=organization.synthetic,
    )
    exemptions.follow(before, determination, by=by)
    return determination


def _insert_grants(determination: Determination, finding: Finding) -> None:
    for line in finding.lines:
        grant = Grant(
            organization_id=determination.organization_id,
            determination=determination,
            purpose=line.purpose,
            end_user_id=line.end_user,
            operations=sorted(line.operations),
            attributes=sorted(line.attributes),
            conditions=line.conditions.to_json(),
            moratorium_status=line.moratorium_status,
            exemption=line.exemption or "",
            exemption_evidence=line.exemption_evidence,
            exemption_expires_at=line.exemption_expires_at,
            case_reference=line.case_reference or "",
            starts_at=line.starts_at or determination.decided_at,
            expires_at=line.expires_at,
        )
        grant.save(force_insert=True)


def follow(organization: Organization, finding: Finding, by: Actor) -> None:
    """Bring the organization's status after its determination; whatever runs asks again."""
    if finding.is_granted:
        measures.lift_restored(organization, finding, by=by)
    if finding.is_granted and organization.status in _AFTER_AN_APPEAL:
        organizations.change_status(organization, _S.IN_REVIEW, by=by, reason="appeal")
    to = (_AFTER_A_GRANT if finding.is_granted else _AFTER_A_REJECTION).get(_S(organization.status))
    if to:
        organizations.change_status(organization, to, by=by, reason="determination")
        if to == _S.ACTIVE:
            measures.lift(organization, STOPS, by=by)
    else:
        organizations.raise_epoch(organization)


def open_status_differences(*, organization: Organization, by: Actor) -> list[Case]:
    """Open a case for each line whose recorded and computed status differ, once. Inside a scope."""
    opened = []
    for line in standing(organization).lines:
        known = Case.objects.filter(organization=organization, subject=line.grant.public_id)
        if line.differs and not known.exists():
            opened.append(
                cases.open_case(
                    kind=CaseKind.STATUS_DIFFERENCE,
                    organization_id=organization.pk,
                    summary=f"Recorded {line.recorded}, computed {line.computed}: {line.grant}",
                    subject=line.grant.public_id,
                    by=by,
                )
            )
    return opened
