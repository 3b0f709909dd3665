"""What an organization does with its endpoints: set up, change, delete, renew the secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal.audit import actions as audit
from portal.common import envelope
from portal.common.clock import database_now
from portal.common.errors import Conflict, InvalidInput
from portal.common.ids import uuid7
from portal.tenancy import secrets
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.webhooks import signing, switching, targets, turns
from portal.webhooks.kinds import CHOOSABLE
from portal.webhooks.models import Delivery, DisabledReason, Endpoint, Secret, Turn
from portal.webhooks.targets import Lookup

MOST_ENDPOINTS = 10  # of one organization
LONGEST_DESCRIPTION = 200
OVERLAP_HOURS = 24
MOST_OVERLAP_HOURS = 7 * 24


@dataclass(frozen=True)
class WithSecret:
    """An endpoint with its new secret, in the one moment it exists in the clear.

    Attributes:
        endpoint: The endpoint.
        secret: As receivers configure it, `whsec_…`.
        old_until: Until when the secret before signs too; None where it does not.
    """

    endpoint: Endpoint
    secret: str = field(repr=False)
    old_until: datetime | None = None


def create(
    *,
    organization: Organization,
    url: str,
    by: Actor,
    types: Sequence[str] = (),
    description: str = "",
    lookup: Lookup | None = None,
) -> WithSecret:
    """Set up an endpoint. It is told what happens from now on.

    Args:
        organization: Whose.
        url: Where events go; looked up and judged here, and again before each delivery.
        by: Who does it.
        types: Of `CHOOSABLE`; none: all.
        description: For people.
        lookup: Resolver; the system's unless given.

    Raises:
        InvalidInput: `target`, `target_unresolved`, `target_forbidden`, `type_unknown`, `description_long`.
        Conflict: `too_many_webhooks`.
    """
    require(by, Permission.MANAGE_WEBHOOKS, organization=organization)
    values = _checked({"url": url, "types": types, "description": description}, lookup)
    with tenant_scope(organization):
        Organization.objects.select_for_update().get(pk=organization.pk)  # so that two do not both count nine
        if Endpoint.objects.count() >= MOST_ENDPOINTS:
            sentence = f"An organization has at most {MOST_ENDPOINTS} webhooks. Delete one first."
            raise Conflict("too_many_webhooks", sentence)
        endpoint = Endpoint(organization=organization, created_by=by.id, **values)
        endpoint.save(force_insert=True)
        Turn.objects.create(endpoint_id=endpoint.pk, organization=organization)
        secret = _add_secret(endpoint)
        _event("webhook.created", endpoint, by, types=list(endpoint.types))
    return WithSecret(endpoint, secret)


def change(*, endpoint: Endpoint, by: Actor, lookup: Lookup | None = None, **changes: Any) -> Endpoint:
    """Change address, types or description, or switch an endpoint off or on (`enabled`).

    Raises:
        InvalidInput: As `create`.
    """
    require(by, Permission.MANAGE_WEBHOOKS, organization=endpoint.organization_id)
    enabled = changes.pop("enabled", None)
    values = _checked(changes, lookup)
    with tenant_scope(endpoint.organization_id):
        turns.locked(endpoint.pk)
        row: Endpoint = Endpoint.objects.get(pk=endpoint.pk)
        if values:
            clean = {"failures": 0, "failing_since": None} if "url" in values else {}
            Endpoint.objects.filter(pk=row.pk).update(**values, **clean)
            _event("webhook.changed", row, by, fields=sorted(values))
        if enabled is False and row.is_active:
            switching.switch_off(row, DisabledReason.BY_HAND, by=by)
        if enabled and not row.is_active:
            switching.switch_on(row, by=by)
        row.refresh_from_db()
    return row


def delete(*, endpoint: Endpoint, by: Actor) -> None:
    """Delete an endpoint with its secrets and its log; what waits is not sent."""
    require(by, Permission.MANAGE_WEBHOOKS, organization=endpoint.organization_id)
    with tenant_scope(endpoint.organization_id):
        turns.locked(endpoint.pk).delete()
        deliveries, _ = Delivery.objects.of(endpoint).delete()
        Secret.objects.filter(endpoint=endpoint).delete()
        Endpoint.objects.filter(pk=endpoint.pk).delete()
        _event("webhook.deleted", endpoint, by, deliveries=deliveries)


def renew_secret(*, endpoint: Endpoint, by: Actor, overlap_hours: int = OVERLAP_HOURS) -> WithSecret:
    """Give an endpoint a new secret; the one before signs too for a while, so that nothing is missed.

    Args:
        endpoint: Whose.
        by: Who does it.
        overlap_hours: 0 where the old secret is in other hands.

    Raises:
        InvalidInput: `overlap`.
    """
    require(by, Permission.MANAGE_WEBHOOKS, organization=endpoint.organization_id)
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        sentence = f"The old secret signs for 0 to {MOST_OVERLAP_HOURS} more hours."
        raise InvalidInput("overlap", sentence, field="overlap_hours")
    with tenant_scope(endpoint.organization_id):
        turns.locked(endpoint.pk)
        old_until = database_now() + timedelta(hours=overlap_hours)
        # Two sign at most: what was replaced before ends now.
        Secret.objects.filter(endpoint=endpoint, ends_at__gt=database_now()).update(ends_at=database_now())
        Secret.objects.filter(endpoint=endpoint, ends_at=None).update(ends_at=old_until)
        secret = _add_secret(endpoint)
        _event("webhook.secret_renewed", endpoint, by, old_until=old_until.isoformat())
    return WithSecret(endpoint, secret, old_until if overlap_hours else None)


def _checked(values: dict[str, Any], lookup: Lookup | None) -> dict[str, Any]:
    """Return what may be stored; the resolver is asked outside any transaction."""
    kept = dict(values)
    if "types" in kept:
        kept["types"] = _known(kept["types"])
    if len(kept.get("description", "")) > LONGEST_DESCRIPTION:
        sentence = f"A description has at most {LONGEST_DESCRIPTION} letters."
        raise InvalidInput("description_long", sentence, field="description")
    if "url" in kept:
        targets.addresses(targets.read(kept["url"]), lookup)
    return kept


def _known(types: Sequence[str]) -> list[str]:
    unknown = sorted(set(types) - set(CHOOSABLE))
    if unknown:
        raise InvalidInput("type_unknown", f"Not a type of event: {', '.join(unknown)}.", field="types")
    return [name for name in CHOOSABLE if name in types]


def _add_secret(endpoint: Endpoint) -> str:
    secret, key_id = signing.new_secret(), uuid7()
    sealed = envelope.seal(secrets.sealing_key(endpoint.organization_id), secret, key_id.bytes)
    row = Secret(id=key_id, organization_id=endpoint.organization_id, endpoint=endpoint, sealed=sealed)
    row.save(force_insert=True)
    return signing.shown(secret)


def _event(verb: str, endpoint: Endpoint, by: Actor, **payload: Any) -> None:
    audit.record(verb=verb, actor=by, target=endpoint, organization=endpoint.organization_id, **payload)
