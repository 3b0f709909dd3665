"""Turns: which endpoint is served next, and by whom until when. Fair, one request an endpoint at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.models.functions import Coalesce, Least, Now

from portal.common.errors import NotFound
from portal.webhooks.models import Delivery, Turn

# Longer than the longest attempt: five seconds for the resolver, fifteen for the request, and some for us.
LEASE = timedelta(seconds=60)
_TAKE = """
UPDATE webhooks_turn
SET lease = %s, lease_until = clock_timestamp() + make_interval(secs => %s), served_at = clock_timestamp()
WHERE endpoint_id = (
    SELECT endpoint_id FROM webhooks_turn
    WHERE due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
        AND (%s OR NOT failing)
    ORDER BY served_at NULLS FIRST, due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING endpoint_id, organization_id, failing
"""


@dataclass(frozen=True)
class Held:
    """A turn that was taken: nobody else sends to the endpoint until it is given back, or its lease ends.

    Attributes:
        failing: The last attempt for it failed, so that this one may take its time.
    """

    endpoint_id: UUID
    organization_id: UUID
    lease: UUID
    failing: bool


def take(*, failing: bool = True) -> Held | None:
    """Take the turn of the endpoint that was served longest ago among those with something due.

    Args:
        failing: Whether it may be one whose last attempt failed.
    """
    lease = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [lease, LEASE.total_seconds(), failing])
        row = cursor.fetchone()
    return Held(row[0], row[1], lease, row[2]) if row else None


def locked(endpoint_id: UUID) -> Turn:
    """Lock the turn of an endpoint. Whoever changes an endpoint or its queue does so first, in this order.

    Raises:
        NotFound: The endpoint was deleted meanwhile.
    """
    turn: Turn | None = Turn.objects.select_for_update().filter(pk=endpoint_id).first()
    if turn is None:
        raise NotFound()
    return turn


def still(held: Held) -> Turn | None:
    """Lock a turn that was taken; None where it is somebody else's by now, or the endpoint is gone."""
    return Turn.objects.select_for_update().filter(pk=held.endpoint_id, lease=held.lease).first()


def extend(turn: Turn) -> None:
    """Let a lease begin anew, in the moment before something is sent."""
    Turn.objects.filter(pk=turn.pk).update(lease_until=Now() + LEASE)


def call(endpoint_ids: Iterable[UUID]) -> None:
    """Let endpoints have a turn at once, since something was put in their queues."""
    Turn.objects.filter(pk__in=list(endpoint_ids)).update(due_at=Least(Coalesce("due_at", Now()), Now()))


def give_back(turn: Turn, *, not_before: datetime | None = None, failing: bool | None = None) -> None:
    """Give a turn back, due again when the next delivery is. In the organization's scope; the row is locked.

    Locked first and read afterwards: whoever puts something in the queue meanwhile is seen, or comes after.

    Args:
        turn: From `still` or `locked`.
        not_before: The endpoint is to be left alone until then.
        failing: Whether the attempt failed; None where there was none.
    """
    waiting = Delivery.objects.waiting().filter(endpoint=turn.endpoint_id).order_by("next_try_at")
    first = waiting.values_list("next_try_at", flat=True).first()
    due_at = max(first, not_before) if first and not_before else first
    said = {} if failing is None else {"failing": failing}
    Turn.objects.filter(pk=turn.pk).update(lease=None, lease_until=None, due_at=due_at, **said)
