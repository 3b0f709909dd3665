"""What an organization does with its grants: give one up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from compliance.actions import exemptions, letters
from compliance.findings import Finding
from compliance.models import EndUser, Grant, GrantEnd
from compliance.standing import determination_in_force
from portal.audit import actions as audit
from portal.common.clock import database_now
from portal.common.errors import Conflict
from portal.tenancy.access import require
from portal.tenancy.actions import organizations
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope


def give_up(*, organization: Organization, end_user: EndUser, by: Actor) -> list[GrantEnd]:
    """End at once every grant for an end user that the organization serves no longer.

    To do less than was granted takes no officer and waits for none: whatever runs for that end user is
    refused from now on. It is not taken back; to serve them again is asked for like any other change.

    Raises:
        Conflict: `nothing_granted`, no grant is for that end user, or it was given up before.
    """
    require(by, Permission.APPLY, organization=organization)
    with tenant_scope(organization):
        tenant = Organization.objects.select_for_update().get(pk=organization.pk)
        ended = [_end(grant, by) for grant in _kept(tenant, end_user)]
        if not ended:
            raise Conflict(
                "nothing_granted",
                "Nothing is granted to you for this end user, so there is nothing to give up.",
            )
        organizations.raise_epoch(tenant)
        letters.write(
            kind="grants_given_up",
            organization=tenant,
            about=end_user.public_id,
            by=by,
            end_user=end_user.name,
            grants=len(ended),
        )
    return ended


def require_none_given_up(finding: Finding, organization: Organization, *, since: datetime) -> None:
    """Let no line be granted that was given up after it was recommended. Inside a scope.

    Waits for whoever gives one up at this very moment.

    Raises:
        Conflict: `given_up_since`.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    ends = GrantEnd.objects.filter(organization=organization, ended_at__gt=since)
    given_up = set(ends.values_list("grant__purpose", "grant__end_user"))
    if any((line.purpose, UUID(line.end_user)) in given_up for line in finding.lines):
        raise Conflict(
            "given_up_since",
            "The organization gave up one of these lines after they were recommended. "
            "Look at it again and recommend anew.",
        )


def _kept(organization: Organization, end_user: EndUser) -> list[Grant]:
    determination = determination_in_force(organization)
    if determination is None:
        return []
    return list(determination.kept_grants().filter(end_user=end_user, expires_at__gt=database_now()))


def _end(grant: Grant, by: Actor) -> GrantEnd:
    end = GrantEnd(organization_id=grant.organization_id, grant=grant, ended_by=by.id)
    end.save(force_insert=True)
    audit.record(
        verb="grant.given_up",
        actor=by,
        target=grant,
        organization=grant.organization_id,
        purpose=grant.purpose,
        end_user=grant.end_user.public_id,
    )
    if exemptions.end_of(grant) > database_now():  # else it has ended before
        exemptions.ended(grant, reason="given_up", by=by)
    return end
