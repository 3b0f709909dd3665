"""Putting something in the queue of an endpoint by hand: a test, or what failed or got lost over there."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from portal.audit import actions as audit
from portal.common.errors import Conflict
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from portal.webhooks import client, turns
from portal.webhooks.kinds import TEST, TEST_VERB
from portal.webhooks.models import Delivery, DeliveryStatus, Endpoint

_ANEW = {
    "status": DeliveryStatus.WAITING,
    "attempts": 0,
    "queued_at": Now(),
    "next_try_at": Now(),
    "delivered_at": None,
}


def test(*, endpoint: Endpoint, by: Actor) -> Delivery:
    """Send a test, at once and whatever types the endpoint asked for.

    Raises:
        Conflict: `webhook_disabled`.
    """
    require(by, Permission.MANAGE_WEBHOOKS, organization=endpoint.organization_id)
    with tenant_scope(endpoint.organization_id):
        _lock_active(endpoint)
        event = audit.record(verb=TEST_VERB, actor=by, target=endpoint, organization=endpoint.organization_id)
        delivery = Delivery(
            organization_id=endpoint.organization_id,
            endpoint=endpoint,
            event_id=event.pk,
            type=TEST,
            occurred_at=event.at,
            data={"id": endpoint.public_id, "event": str(event.pk)},
            queued_at=event.at,
            next_try_at=event.at,
        )
        delivery.save(force_insert=True)
        _wake(endpoint)
    return delivery


def replay(*, delivery: Delivery, by: Actor) -> Delivery:
    """Send one delivery again, whatever came of it; one that waits is sent at once. Its id stays.

    Raises:
        Conflict: `webhook_disabled`.
    """
    require(by, Permission.MANAGE_WEBHOOKS, organization=delivery.organization_id)
    with tenant_scope(delivery.organization_id):
        endpoint = Endpoint.objects.get(pk=delivery.endpoint_id)
        _lock_active(endpoint)
        Delivery.objects.filter(pk=delivery.pk).update(**_ANEW)
        _event(endpoint, by, 1, delivery=delivery.public_id)
        _wake(endpoint)
        delivery.refresh_from_db()
    return delivery


def replay_failed(*, endpoint: Endpoint, since: datetime, by: Actor) -> int:
    """Send again all that failed for events since a moment, the oldest first; returns how many.

    Raises:
        Conflict: `webhook_disabled`.
    """
    require(by, Permission.MANAGE_WEBHOOKS, organization=endpoint.organization_id)
    with tenant_scope(endpoint.organization_id):
        _lock_active(endpoint)
        failed = Delivery.objects.of(endpoint).filter(status=DeliveryStatus.FAILED, occurred_at__gte=since)
        count: int = failed.update(**_ANEW)
        _event(endpoint, by, count, since=since.isoformat())
        _wake(endpoint)
    return count


def _lock_active(endpoint: Endpoint) -> None:
    turns.locked(endpoint.pk)
    if not Endpoint.objects.get(pk=endpoint.pk).is_active:
        raise Conflict("webhook_disabled", "This webhook is switched off. Switch it on first.")


def _wake(endpoint: Endpoint) -> None:
    turns.call([endpoint.pk])
    transaction.on_commit(client.wake)


def _event(endpoint: Endpoint, by: Actor, count: int, **payload: str) -> None:
    audit.record(
        verb="webhook.replayed",
        actor=by,
        target=endpoint,
        organization=endpoint.organization_id,
        deliveries=count,
        **payload,
    )
