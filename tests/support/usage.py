"""What was counted, for tests."""

from datetime import date

from portal.tenancy.scope import tenant_scope
from recognition import usage
from tests.support.jobs import Desk


def used(desk: Desk) -> int:
    """Return the items counted for a tenant, ever."""
    with tenant_scope(desk.tenant.organization):
        return usage.between(date.min, date.max)
