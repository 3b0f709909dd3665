"""Stopping an organization: one officer, at once."""

from __future__ import annotations

from compliance.actions import cases
from compliance.impartiality import officer_key, refuse_members
from compliance.models import Case
from compliance.models.cases import CaseKind
from portal.common.errors import InvalidInput
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization, OrganizationStatus
from portal.tenancy.scope import officer_scope

_S = OrganizationStatus


def suspend(*, organization: Organization, reasons: str, by: Actor) -> Case:
    """Suspend an organization at once; a case is opened in which it can be heard.

    Raises:
        InvalidInput: `reasons_missing`.
        Refused: `own_organization`.
        Conflict: `transition_not_allowed`.
    """
    officer_id = officer_key(by)
    if not reasons.strip():
        raise InvalidInput("reasons_missing", "Say why the organization is suspended.", field="reasons")
    with officer_scope():
        refuse_members(organization.pk, officer_id)
        tenant = Organization.objects.get(pk=organization.pk)
        organizations.change_status(tenant, _S.SUSPENDED, by=by, reason="case")
        case = cases.open_case(
            kind=CaseKind.INCIDENT,
            organization_id=tenant.pk,
            summary=f"Suspension of {tenant.name}",
            by=by,
        )
        cases.write(case, reasons, by=by)
    return case
