"""One attempt: what is due for an endpoint is signed and sent, and what came of it is noted.

An attempt is counted before it is made. So a worker that dies in the middle leaves a row that is tried again,
under the same id, when its lease has ended: at least once, and no row makes workers die without end.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from portal.common import envelope
from portal.common.clock import database_now
from portal.common.envelope import EnvelopeError, KeyServiceSilent
from portal.common.errors import InvalidInput
from portal.common.states import move
from portal.tenancy import secrets
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from portal.webhooks import posting, retries, signing, switching, targets, turns
from portal.webhooks.models import (
    DELIVERY_TRANSITIONS,
    Delivery,
    DeliveryStatus,
    DisabledReason,
    Endpoint,
    Secret,
    Turn,
)
from portal.webhooks.posting import Answer
from portal.webhooks.targets import Lookup
from portal.webhooks.turns import Held

POSTMAN = Actor.system("webhooks")
USER_AGENT = "Countenance-Webhooks/1"
DAMAGED = "secret_damaged"
TURN_SECONDS = 2.0  # of one endpoint, while it takes what is sent


@dataclass(frozen=True)
class Message:
    """What is sent in one attempt."""

    delivery_id: UUID
    attempts: int
    url: str
    body: bytes
    headers: dict[str, str] = field(repr=False)


def send(held: Held, *, lookup: Lookup | None = None, seconds: float = TURN_SECONDS) -> int:
    """Make attempts for the endpoint whose turn was taken, one after the other, and give the turn back.

    Before: at least one delivery was due. After: the oldest is delivered, waits for its next attempt, or is
    given up; so are those after it, until one failed or the turn is over. Where the lease was lost meanwhile
    nothing is noted, and whoever has it now makes the attempt.

    Args:
        held: The turn.
        lookup: Resolver; the system's unless given.
        seconds: No further attempt is begun after so long: others wait.

    Returns:
        How many attempts were made.
    """
    until, made = time.monotonic() + seconds, 0
    message = _begin(held)
    while message is not None:
        answer, made = _sent(message, lookup), made + 1
        message = _note(held, message, answer, go_on=time.monotonic() < until)
    return made


def _begin(held: Held) -> Message | None:
    with tenant_scope(held.organization_id):
        turn = turns.still(held)
        if turn is None:
            return None
        endpoint: Endpoint = Endpoint.objects.get(pk=held.endpoint_id)
        message = _taken(turn, endpoint)
        if message is None:
            turns.give_back(turn)
        return message


def _taken(turn: Turn, endpoint: Endpoint) -> Message | None:
    """Count an attempt of what is due and return it; None where nothing is."""
    due = _next(endpoint)
    if due is None:
        return None
    Delivery.objects.filter(pk=due.pk).update(attempts=F("attempts") + 1, tried_at=Now())
    turns.extend(turn)
    return _message(endpoint, due)


def _next(endpoint: Endpoint) -> Delivery | None:
    """Return what is to be sent; what was put in the queue of an endpoint that is switched off has failed."""
    if endpoint.is_active:
        return Delivery.objects.of(endpoint).due().first()
    Delivery.objects.of(endpoint).waiting().update(status=DeliveryStatus.FAILED, reason=switching.DISABLED)
    return None


def _message(endpoint: Endpoint, delivery: Delivery) -> Message:
    body, seconds = body_of(delivery), int(database_now().timestamp())
    return Message(
        delivery.pk,
        delivery.attempts + 1,
        endpoint.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signing.signature(
                _keys(endpoint), message_id=delivery.message_id, seconds=seconds, body=body
            ),
        },
    )


def body_of(delivery: Delivery) -> bytes:
    """Return the bytes of a message: type, moment of the event, ids."""
    at = delivery.occurred_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    content = {"type": delivery.type, "timestamp": at, "data": delivery.data}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _keys(endpoint: Endpoint) -> list[bytes]:
    """Open the secrets in force; none where they do not open, which the receiver can do nothing about."""
    key = secrets.data_key(endpoint.organization_id)
    rows = Secret.objects.filter(endpoint=endpoint).in_force()
    try:
        return [envelope.open_sealed(key, bytes(row.sealed), row.pk.bytes) for row in rows]
    except KeyServiceSilent:
        raise
    except EnvelopeError:
        return []


def _sent(message: Message, lookup: Lookup | None) -> Answer:
    """Look the target up, judge it and send; nothing goes to an address that is not public by now."""
    if not message.headers["webhook-signature"]:
        return Answer(DAMAGED)
    try:
        target = targets.read(message.url)
        addresses = targets.addresses(target, lookup)
    except InvalidInput as error:
        return Answer(error.code)
    return posting.post(target, addresses, body=message.body, headers=message.headers)


def _note(held: Held, message: Message, answer: Answer, *, go_on: bool = False) -> Message | None:
    """Note what came of an attempt; return the next of the same turn, or give the turn back."""
    with tenant_scope(held.organization_id):
        turn = turns.still(held)
        if turn is None:
            return None
        endpoint: Endpoint = Endpoint.objects.get(pk=held.endpoint_id)
        # Put in the queue anew meanwhile: it counts from there.
        own = Delivery.objects.waiting().filter(pk=message.delivery_id, attempts=message.attempts)
        delivery: Delivery | None = own.first()
        note = _succeeded if answer.is_success else _failed
        rest = note(endpoint, delivery, answer)
        following = _taken(turn, endpoint) if go_on and answer.is_success else None
        if following is not None:
            return following
        turns.give_back(turn, not_before=database_now() + rest, failing=not answer.is_success)
        return None


def _succeeded(endpoint: Endpoint, delivery: Delivery | None, answer: Answer) -> timedelta:
    """Note a success; one that was away for long gets all that waits for it at once."""
    if delivery:
        said = {"reason": "", "answer_status": answer.status, "delivered_at": Now()}
        move(delivery, DeliveryStatus.DELIVERED, table=DELIVERY_TRANSITIONS, **said)
    if endpoint.failures >= retries.AWAY_AFTER:
        Delivery.objects.of(endpoint).waiting().filter(next_try_at__gt=Now()).update(next_try_at=Now())
    clean = {"failures": 0, "failing_since": None, "last_delivered_at": Now()}
    Endpoint.objects.filter(pk=endpoint.pk).update(**clean)
    return timedelta()


def _failed(endpoint: Endpoint, delivery: Delivery | None, answer: Answer) -> timedelta:
    """Note a failure; give up the delivery after its last attempt, and the endpoint where it is dead."""
    given_up = delivery is not None and _put_off(delivery, answer)
    now, since = database_now(), endpoint.failing_since or database_now()
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=F("failures") + 1, failing_since=since)
    if endpoint.is_active and answer.reason == "gone":
        switching.switch_off(endpoint, DisabledReason.GONE, by=POSTMAN)
    elif endpoint.is_active and given_up and since <= now - retries.SWITCHED_OFF_AFTER:
        switching.switch_off(endpoint, DisabledReason.FAILING, by=POSTMAN)
    return retries.rest_after(endpoint.failures + 1, asked_for=answer.retry_after)


def _put_off(delivery: Delivery, answer: Answer) -> bool:
    """Put a delivery off to its next attempt, or give it up; tells whether it was given up."""
    said: dict[str, Any] = {"reason": answer.reason, "answer_status": answer.status}
    wait = retries.wait_after(delivery.attempts, asked_for=answer.retry_after)
    now = database_now()
    if answer.reason == "gone" or wait is None or now + wait > delivery.queued_at + retries.GIVEN_UP_AFTER:
        move(delivery, DeliveryStatus.FAILED, table=DELIVERY_TRANSITIONS, **said)
        return True
    Delivery.objects.filter(pk=delivery.pk).update(next_try_at=now + wait, **said)
    return False
