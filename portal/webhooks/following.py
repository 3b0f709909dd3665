"""From the trail to the queues: every event that is told becomes one row for each endpoint that wants it.

Events are read in the order of their places in the published log. Places have no gap and are given after
the commit, so an event of a transaction that committed late is not missed, as one found by its time or id
would be. Rows are unique for an endpoint and event: what was read twice, since a worker died before it noted
how far it came, is sent once.

An organization whose rows cannot be written has a place of its own (`Straggler`), from which it is read again
after a while, in order, until it has come up with the others. They go on meanwhile. Whether somebody
straggles and how far all were read changes under one lock, so that nobody is passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from portal.audit.models import Event, Leaf
from portal.tenancy.scope import tenant_scope
from portal.webhooks import turns
from portal.webhooks.kinds import KINDS, VERBS, kind_of, told
from portal.webhooks.models import LATE, Delivery, DeliveryStatus, Endpoint, Follower, Straggler, Turn
from portal.webhooks.switching import DISABLED

logger = logging.getLogger(__name__)
TRAIL = "trail"
BATCH = 500
BATCHES = 20  # at most, in one go: what is due elsewhere waits behind it
LONGEST_PAUSE = timedelta(minutes=5)  # before an organization that straggles is read for again
Places = Sequence[tuple[int, UUID]]  # (index, event)


def follow() -> int:
    """Read what is new in the trail; returns how many places were read. May run at any time, at once too."""
    read = 0
    for _ in range(BATCHES):
        batch = _follow(BATCH)
        read += batch
        if batch < BATCH:
            break
    due = Straggler.objects.filter(retry_at__lte=Now()).order_by("retry_at")
    for organization_id in due.values_list("pk", flat=True):
        _catch_up(organization_id)
    return read


def is_behind() -> bool:
    """Tell whether somebody has a webhook, and what happened minutes ago was not read for them."""
    if Straggler.objects.filter(since__lt=Now() - LATE).exists():
        return True
    read = Follower.objects.get(pk=TRAIL).next_index
    first = Leaf.objects.all().after(read).values_list("event_id", flat=True).first()
    late = Event.objects.filter(pk=first, at__lt=Now() - LATE) if first else Event.objects.none()
    return late.exists() and Turn.objects.exists()


def _follow(most: int) -> int:
    read_to = Follower.objects.get(pk=TRAIL).next_index
    places = _places(read_to, most)
    if not places:
        return 0
    behind = set(Straggler.objects.values_list("pk", flat=True))  # read after how far all were read
    found = _by_organization(_events(places))
    behind |= {key for key, own in found.items() if key not in behind and not _put_alone(key, own)}
    _go_on(read_to, places[-1][0] + 1, left=behind & found.keys())
    return len(places)


def _go_on(read_to: int, next_index: int, *, left: Iterable[UUID]) -> None:
    """Note how far all were read, and for whom not: who straggles already stays where it is.

    Whoever read the same at once has noted it already: nothing is skipped, nothing noted twice.
    """
    with transaction.atomic():
        if _locked().next_index != read_to:
            return
        rows = [Straggler(organization_id=key, next_index=read_to) for key in left]
        Straggler.objects.bulk_create(rows, ignore_conflicts=True)
        Follower.objects.filter(pk=TRAIL).update(next_index=next_index)


def _catch_up(organization_id: UUID) -> None:
    """Read for one organization from its own place on, until it has come up with the others."""
    for _ in range(BATCHES):
        own = Straggler.objects.filter(pk=organization_id).first()
        if own is None or _ends(own):
            return
        places = _places(own.next_index, BATCH)
        found = _by_organization(_events(places)).get(organization_id, [])
        same = Straggler.objects.filter(pk=own.pk, next_index=own.next_index)
        if not _put_alone(organization_id, found):
            pause = min(timedelta(seconds=2 ** min(own.failures, 10)), LONGEST_PAUSE)
            same.update(failures=F("failures") + 1, retry_at=Now() + pause)
            return
        same.update(next_index=places[-1][0] + 1, failures=0)


def _ends(own: Straggler) -> bool:
    """Let one that has come up with the others be read for with them; tell whether it has."""
    with transaction.atomic():
        reached = Straggler.objects.filter(pk=own.pk, next_index__gte=_locked().next_index)
        return bool(reached.delete()[0])


def _locked() -> Follower:
    follower: Follower = Follower.objects.select_for_update().get(pk=TRAIL)
    return follower


def _places(read_to: int, most: int) -> Places:
    return list(Leaf.objects.all().after(read_to).values_list("index", "event_id")[:most])


def _events(places: Places) -> list[Event]:
    """Return what may be told of the events at these places, in their order."""
    place_of = {event_id: index for index, event_id in places}
    events = Event.objects.filter(pk__in=place_of, verb__in=VERBS)
    return sorted(events, key=lambda event: place_of[event.pk])


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
