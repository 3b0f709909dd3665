"""Switching endpoints off and on. Inside the organization's scope, with the turn of the endpoint locked."""

from __future__ import annotations

from compliance.actions import letters
from portal.audit import actions as audit
from portal.common.states import move
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.webhooks.models import (
    ENDPOINT_TRANSITIONS,
    Delivery,
    DeliveryStatus,
    DisabledReason,
    Endpoint,
    EndpointStatus,
    Turn,
)

DISABLED = "disabled"  # reason of deliveries that were not sent, since their endpoint was switched off


def switch_off(endpoint: Endpoint, reason: DisabledReason, *, by: Actor) -> None:
    """Send nothing more to an endpoint. What waits has failed, and can be replayed when it is on again.

    Where nobody of the organization did it, its administrators get a letter.
    """
    move(endpoint, EndpointStatus.DISABLED, table=ENDPOINT_TRANSITIONS, disabled_reason=reason)
    waiting = Delivery.objects.of(endpoint).waiting()
    failed = waiting.update(status=DeliveryStatus.FAILED, reason=DISABLED)
    Turn.objects.filter(pk=endpoint.pk).update(due_at=None)
    audit.record(
        verb="webhook.disabled",
        actor=by,
        target=endpoint,
        organization=endpoint.organization_id,
        reason=str(reason),
        failed=failed,
    )
    if reason != DisabledReason.BY_HAND:
        organization = Organization.objects.get(pk=endpoint.organization_id)
        letters.write(
            kind="webhook_disabled",
            organization=organization,
            about=endpoint.public_id,
            by=by,
            endpoint=endpoint,
            gone=reason == DisabledReason.GONE,
        )


def switch_on(endpoint: Endpoint, *, by: Actor) -> None:
    """Send events again from now on; what failed meanwhile is sent where somebody replays it."""
    clean = {"disabled_reason": "", "failures": 0, "failing_since": None}
    move(endpoint, EndpointStatus.ACTIVE, table=ENDPOINT_TRANSITIONS, **clean)
    audit.record(verb="webhook.enabled", actor=by, target=endpoint, organization=endpoint.organization_id)
