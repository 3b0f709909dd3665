"""From the trail to the queues: every event that is told becomes one row for each endpoint that wants it.

Events are read in the order of their places in the published log. Places have no gap and are given after
the commit, so an event of a transaction that committed late is not missed, as one found by its time or id
would be. Rows are unique for an endpoint and event: what was read twice, since a worker died before it noted
how far it came, is sent once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models.functions import Now

from portal.audit.models import Event, Leaf
from portal.tenancy.scope import tenant_scope
from portal.webhooks import turns
from portal.webhooks.kinds import KINDS, VERBS, kind_of, told
from portal.webhooks.models import LATE, Delivery, DeliveryStatus, Endpoint, Follower, Turn
from portal.webhooks.switching import DISABLED

logger = logging.getLogger(__name__)
TRAIL = "trail"
BATCH = 500
BATCHES = 20  # at most, in one go: what is due elsewhere waits behind it


def follow() -> int:
    """Read what is new in the trail; returns how many places were read. May run at any time, at once too."""
    read = 0
    for _ in range(BATCHES):
        batch = _follow(BATCH)
        read += batch
        if batch < BATCH:
            break
    return read


def is_behind() -> bool:
    """Tell whether somebody has a webhook, and what happened minutes ago was not read."""
    read = Follower.objects.get(pk=TRAIL).next_index
    first = Leaf.objects.all().after(read).values_list("event_id", flat=True).first()
    late = Event.objects.filter(pk=first, at__lt=Now() - LATE) if first else Event.objects.none()
    return late.exists() and Turn.objects.exists()


def _follow(most: int) -> int:
    follower = Follower.objects.get(pk=TRAIL)
    places = list(Leaf.objects.all().after(follower.next_index).values_list("index", "event_id")[:most])
    if not places:
        return 0
    place_of = {event_id: index for index, event_id in places}
    events = Event.objects.filter(pk__in=place_of, verb__in=VERBS)
    ordered = sorted(events, key=lambda event: place_of[event.pk])
    done = [_put_alone(key, own) for key, own in _by_organization(ordered).items()]
    if not all(done):
        return 0  # read again at the next turn; whoever has them already gets none twice
    # Whoever read the same at once has noted it already: nothing is skipped, nothing noted twice.
    Follower.objects.filter(pk=TRAIL, next_index=follower.next_index).update(next_index=places[-1][0] + 1)
    return len(places)


def _by_organization(events: Iterable[Event]) -> Mapping[UUID, list[Event]]:
    """Return what each organization with an endpoint is told; events of the platform go to all of them."""
    listening = list(Turn.objects.order_by("organization").values_list("organization", flat=True).distinct())
    found: dict[UUID, list[Event]] = {}
    for event in events:
        own = [UUID(event.organization)] if event.organization else []
        for organization_id in listening if _is_of_platform(event) else own:
            found.setdefault(organization_id, []).append(event)
    return {key: found[key] for key in listening if key in found}


def _is_of_platform(event: Event) -> bool:
    kind = kind_of(event)
    return bool(kind) and KINDS[kind].of_platform and not event.organization


def _put_alone(organization_id: UUID, events: Iterable[Event]) -> bool:
    """Tell whether it went well; what is wrong with one organization keeps nobody else waiting."""
    try:
        _put(organization_id, events)
    except Exception:
        logger.exception("Events could not be put in the queues", extra={"owner": str(organization_id)})
        return False
    return True


def _put(organization_id: UUID, events: Iterable[Event]) -> None:
    """Put events in the queues of an organization's endpoints; those that are there already stay."""
    with tenant_scope(organization_id):
        endpoints = list(Endpoint.objects.order_by("pk"))
        rows = [
            _delivery(endpoint, event, kind)
            for event in events
            if (kind := kind_of(event))
            for endpoint in endpoints
            if endpoint.wants(kind) and event.at >= endpoint.created_at
        ]
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        turns.call({row.endpoint_id for row in rows if row.status == DeliveryStatus.WAITING})


def _delivery(endpoint: Endpoint, event: Event, kind: str) -> Delivery:
    """Return the row of an event; for an endpoint that is switched off, one that failed."""
    off = {} if endpoint.is_active else {"status": DeliveryStatus.FAILED, "reason": DISABLED}
    return Delivery(
        organization_id=endpoint.organization_id,
        endpoint=endpoint,
        event_id=event.pk,
        type=kind,
        occurred_at=event.at,
        data=told(kind, event),
        queued_at=event.at,
        next_try_at=event.at,
        **off,
    )
