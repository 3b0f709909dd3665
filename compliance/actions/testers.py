"""Keys of independent testers: a kind of their own, for organizations that were cleared to test.

Who tests needs neither galleries nor jobs, and whoever was refused those must not get a matcher by way of
tests. So such a key opens `accuracy/` and nothing else, no other key opens that, and what it may do is asked
of the gate with every call all the same: a key that outlives its grant is worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from compliance.policy.vocabulary import Operation, Purpose
from compliance.standing import LineStanding, standing
from portal.common.errors import InvalidInput
from portal.tenancy.access import require
from portal.tenancy.actions import keys
from portal.tenancy.actions.keys import NewKey
from portal.tenancy.actor import Actor
from portal.tenancy.models import KeyKind, Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope

TESTING = frozenset({Purpose.BIAS_AUDIT, Purpose.RESEARCH_EVALUATION})


def create_key(
    *,
    organization: Organization,
    name: str,
    purpose: str,
    end_user_id: UUID,
    expires_at: datetime,
    by: Actor,
    defaults: Mapping[str, object] | None = None,
) -> NewKey:
    """Make a key for independent tests of accuracy.

    Raises:
        InvalidInput: `no_test_grant`, no line in force for this purpose and end user allows such tests;
            `expiry`.
    """
    require(by, Permission.MANAGE_KEYS, organization=organization)
    if not _is_granted(organization, purpose, end_user_id):
        raise InvalidInput(
            "no_test_grant",
            "No grant in force allows independent tests for this purpose and end user. Such a key is made "
            "for bias audits and research evaluations, where officers allowed tests.",
            field="grant",
        )
    return keys.create(
        organization=organization,
        name=name,
        purpose=purpose,
        end_user_id=end_user_id,
        expires_at=expires_at,
        by=by,
        defaults=defaults,
        kind=KeyKind.ACCURACY,
    )


def allows_tests(line: LineStanding) -> bool:
    """Whether a line allows independent tests now."""
    granted = line.grant.purpose in TESTING and Operation.ACCURACY_TEST in line.grant.operations
    return line.in_force and granted


def _is_granted(organization: Organization, purpose: str, end_user_id: UUID) -> bool:
    with tenant_scope(organization):
        lines = standing(organization).lines
    return any(
        allows_tests(line) and (line.grant.purpose, line.grant.end_user_id) == (purpose, end_user_id)
        for line in lines
    )
