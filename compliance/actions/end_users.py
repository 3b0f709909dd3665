"""The register of end users, which all tenants share."""

from __future__ import annotations

from compliance.models import EndUser
from compliance.policy.errors import PolicyError
from compliance.policy.places import place
from compliance.policy.vocabulary import OrganizationType
from portal.audit import actions as audit
from portal.common.errors import InvalidInput
from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope


def register(
    *, name: str, organization_type: str, jurisdiction: str = "", by: Actor, synthetic: bool = False
) -> EndUser:
    """Enter a body in the register of end users, or return the entry it has.

    Raises:
        InvalidInput: `name_missing`, `type_unknown` or `jurisdiction`.
    """
    _check(name, organization_type, jurisdiction)
    if by.kind != "system":
        require_officer(by)
    with officer_scope():
        return enter(name.strip(), organization_type, jurisdiction, by, synthetic)


def _check(name: str, organization_type: str, jurisdiction: str) -> None:
    if not name.strip():
        raise InvalidInput("name_missing", "Enter the name of the end user.", field="name")
    if organization_type not in {one.value for one in OrganizationType}:
        raise InvalidInput("type_unknown", "Choose what kind of body it is.", field="organization_type")
    if jurisdiction:
        _check_place(jurisdiction)


def _check_place(jurisdiction: str) -> None:
    try:
        place(jurisdiction)
    except PolicyError as error:
        raise InvalidInput(error.code, error.sentence, field="jurisdiction") from error


def itself(organization: Organization, organization_type: str, *, by: Actor) -> EndUser:
    """Return the organization's own entry in the register, entering it where there is none."""
    with officer_scope():
        entry, made = EndUser.objects.get_or_create(
            organization=organization,
            defaults={
                "name": organization.name,
                "organization_type": organization_type,
                "synthetic": organization.synthetic,
            },
        )
        if made:
            audit.record(verb="end_user.registered", actor=by, target=entry, type=organization_type)
    return entry


def enter(name: str, organization_type: str, jurisdiction: str, by: Actor, synthetic: bool) -> EndUser:
    """Return the entry of a body that is no tenant, entering it where there is none. Inside a scope."""
    entry, made = EndUser.objects.get_or_create(
        name__iexact=name,
        organization_type=organization_type,
        jurisdiction=jurisdiction,
        organization=None,
        defaults={"name": name, "synthetic": synthetic},
    )
    if made:
        audit.record(verb="end_user.registered", actor=by, target=entry, type=organization_type)
    return entry
