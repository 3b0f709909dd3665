"""An organization's own limits, set by an officer or by who runs the platform."""

from __future__ import annotations

from collections.abc import Mapping

from portal.audit import actions as audit
from portal.common.errors import InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.models import Quota
from recognition.quotas import NAMES


def set_limits(*, organization: Organization, values: Mapping[str, int | None], by: Actor) -> Quota:
    """Give an organization limits of its own; None is that of the installation.

    Args:
        organization: Whose.
        values: By name; what is not named stays as it is.
        by: An officer, or the system on behalf of who runs the platform.

    Raises:
        Refused: `officers_only`.
        InvalidInput: `quota_unknown`; `quota_too_small`, a limit of nothing is a suspension by another name.
    """
    if not (by.is_officer or by.kind == "system"):
        raise Refused("officers_only", "Only a compliance officer can change what an organization may use.")
    for name, value in values.items():
        if name not in NAMES:
            raise InvalidInput("quota_unknown", f"Known limits: {', '.join(NAMES)}.", field=name)
        if value is not None and value < 1:
            raise InvalidInput("quota_too_small", "A limit is at least 1. To stop all, suspend.", field=name)
    with tenant_scope(organization):
        quota, _ = Quota.objects.update_or_create(
            organization_id=organization.pk, defaults={**values, "set_by": by.id}
        )
        changed = {name: value or 0 for name, value in values.items()}
        audit.record(verb="quota.set", actor=by, target=organization, organization=organization.pk, **changed)
    return quota
