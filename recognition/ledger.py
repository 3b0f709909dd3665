"""The shard ledger: the database knows what is left to do; messages only wake workers up.

A worker that died holds a lease that ends; whoever takes the shard over fences the dead one off with a new
lease, so a result can be written once only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.actions.gate import Epochs
from portal.common.clock import database_now
from recognition.models import Heartbeat, Shard, ShardState, Turn

# About five seconds of the engine's work on two cores (the architecture's measured 110 photos a second of
# 250 px; large photos take longer, hence the second bound).
SHARD_ITEMS = 64
SHARD_PIXELS = 160_000_000
LEASE = timedelta(seconds=60)
SILENT = timedelta(seconds=8)  # a worker beats every second; silent for so long, its lease ends early
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Claim:
    """A shard leased to one worker."""

    shard_id: UUID
    organization_id: UUID
    job_id: UUID
    first: int
    last: int
    attempt: int
    lease: UUID


def plan(
    *, organization_id: UUID, job_id: UUID, items: Iterable[tuple[int, int]], epochs: Epochs
) -> list[Shard]:
    """Cut items into shards and write them, inside the caller's transaction.

    Args:
        organization_id: Whose job.
        job_id: Which job.
        items: (position, pixels) of the items to do, in order of position; gaps begin a new shard.
        epochs: Of the ruling that allows it.
    """
    shards = [
        Shard(
            organization_id=organization_id,
            job_id=job_id,
            first=first,
            last=last,
            policy_epoch=epochs.policy,
            organization_epoch=epochs.organization,
        )
        for first, last in cut(items)
    ]
    _join_queue(organization_id)
    return Shard.objects.bulk_create(shards)


def cut(items: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return (first, last) positions of shards, each within the bounds of items and pixels."""
    runs: list[list[int]] = []  # first, last, pixels
    for position, pixels in items:
        run = runs[-1] if runs else None
        follows = run is not None and position == run[1] + 1
        fits = run is not None and run[1] - run[0] + 1 < SHARD_ITEMS and run[2] + pixels <= SHARD_PIXELS
        if run is not None and follows and fits:
            run[1], run[2] = position, run[2] + pixels
        else:
            runs.append([position, position, pixels])
    return [(first, last) for first, last, _ in runs]


_CLAIM = """
WITH next AS (
    SELECT shard.id FROM recognition_shard AS shard
    JOIN recognition_turn AS turn ON turn.organization_id = shard.organization_id
    WHERE shard.state = 'ready'
    ORDER BY turn.used, shard.id
    LIMIT 1 FOR UPDATE OF shard SKIP LOCKED
)
UPDATE recognition_shard AS shard
SET state = 'leased', attempt = shard.attempt + 1, lease = %(lease)s, worker = %(worker)s,
    lease_until = clock_timestamp() + make_interval(secs => %(length)s)
FROM next WHERE shard.id = next.id
RETURNING shard.id, shard.organization_id, shard.job_id, shard.first, shard.last, shard.attempt, shard.lease
"""
_CHARGE = """
UPDATE recognition_turn AS turn SET used = used + %(items)s::float / organization.weight
FROM tenancy_organization AS organization
WHERE turn.organization_id = %(organization)s AND organization.id = turn.organization_id
"""


def claim(worker: str) -> Claim | None:
    """Lease the next ready shard of the organization that has used least; None when nothing is ready."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": uuid4(), "worker": worker, "length": LEASE.total_seconds()})
        row = cursor.fetchone()
        if row is None:
            return None
        taken = Claim(*row)
        items = taken.last - taken.first + 1
        cursor.execute(_CHARGE, {"items": items, "organization": taken.organization_id})
    return taken


def renew(taken: Claim) -> bool:
    """Lengthen a lease; False when it is no longer one's own."""
    return bool(_own(taken).update(lease_until=Now() + LEASE))


def lock(taken: Claim) -> bool:
    """Lock one's own leased shard for the rest of the transaction; False when the lease was lost."""
    return _own(taken).select_for_update().exists()


def finish(taken: Claim) -> None:
    """Mark a locked shard as done, inside the transaction that writes its results."""
    _own(taken).update(state=ShardState.DONE, lease=None, lease_until=None)


def give_back(taken: Claim, to: ShardState = ShardState.READY) -> None:
    """Return a shard undone, for no fault of its items: the attempt does not count."""
    _own(taken).update(state=to, lease=None, lease_until=None, attempt=F("attempt") - 1)


def ready_count() -> int:
    """Return how many shards wait for a worker."""
    return Shard.objects.filter(state=ShardState.READY).count()


def unfinished(job_id: UUID) -> bool:
    """Tell whether any shard of a job is not done."""
    open_states = (ShardState.READY, ShardState.LEASED, ShardState.HELD)
    return Shard.objects.filter(job_id=job_id, state__in=open_states).exists()


def hold(job_id: UUID) -> None:
    """Keep a job's shards from being claimed; whoever works on one finds its lease gone, and stops.

    An attempt that was cut short does not count.
    """
    Shard.objects.filter(job_id=job_id, state=ShardState.LEASED).update(
        state=ShardState.HELD, lease=None, lease_until=None, attempt=F("attempt") - 1
    )
    Shard.objects.filter(job_id=job_id, state=ShardState.READY).update(state=ShardState.HELD)


def unhold(job_id: UUID, epochs: Epochs) -> None:
    """Let a job's held shards be claimed again under a new ruling."""
    Shard.objects.filter(job_id=job_id, state=ShardState.HELD).update(
        state=ShardState.READY, policy_epoch=epochs.policy, organization_epoch=epochs.organization
    )


def note_epochs(job_id: UUID, epochs: Epochs) -> None:
    """Remember under which epochs a job was ruled on last."""
    Shard.objects.filter(job_id=job_id).exclude(state=ShardState.DONE).update(
        policy_epoch=epochs.policy, organization_epoch=epochs.organization
    )


def cancel(job_id: UUID) -> None:
    """End a job's shards; a leased one finds its lease gone and writes nothing."""
    open_states = (ShardState.READY, ShardState.HELD, ShardState.LEASED)
    Shard.objects.filter(job_id=job_id, state__in=open_states).update(
        state=ShardState.CANCELLED, lease=None, lease_until=None
    )


def lost() -> list[Claim]:
    """Return leased shards whose lease ran out or whose worker fell silent."""
    now = database_now()
    silent = Heartbeat.objects.filter(beat_at__lt=now - SILENT).values("worker")
    rows = Shard.objects.filter(state=ShardState.LEASED).filter(Q(lease_until__lt=now) | Q(worker__in=silent))
    return [
        Claim(row.pk, row.organization_id, row.job_id, row.first, row.last, row.attempt, row.lease)
        for row in rows
        if row.lease
    ]


def take_over(taken: Claim) -> bool:
    """End a lost lease; a shard lost three times is split until what kills workers stands alone.

    Returns:
        True when the shard is a single item that was lost three times: the caller fails it as `poison`.
    """
    if taken.attempt < MOST_ATTEMPTS:
        _own(taken).update(state=ShardState.READY, lease=None, lease_until=None)
        return False
    if taken.first == taken.last:
        return True
    _bisect(taken)
    return False


def stale(epochs_of: dict[UUID, Epochs]) -> Sequence[tuple[UUID, UUID]]:
    """Return (organization, job) with waiting or held shards that were ruled on under other epochs."""
    rows = Shard.objects.filter(
        state__in=(ShardState.READY, ShardState.HELD), organization_id__in=list(epochs_of)
    ).values_list("organization_id", "job_id", "policy_epoch", "organization_epoch")
    return sorted({(owner, job) for owner, job, *at in rows.distinct() if Epochs(*at) != epochs_of[owner]})


def waiting_organizations() -> list[UUID]:
    """Return the organizations that have shards waiting or held."""
    rows = Shard.objects.filter(state__in=(ShardState.READY, ShardState.HELD))
    return list(rows.order_by().values_list("organization_id", flat=True).distinct())


def _own(taken: Claim) -> models.QuerySet[Shard]:
    return Shard.objects.filter(pk=taken.shard_id, state=ShardState.LEASED, lease=taken.lease)


def _bisect(taken: Claim) -> None:
    middle = (taken.first + taken.last) // 2
    with transaction.atomic():
        row = _own(taken).select_for_update().first()
        if row is None:
            return
        upper = Shard(
            organization_id=row.organization_id,
            job_id=row.job_id,
            first=middle + 1,
            last=row.last,
            policy_epoch=row.policy_epoch,
            organization_epoch=row.organization_epoch,
        )
        upper.save(force_insert=True)
        _own(taken).update(state=ShardState.READY, last=middle, attempt=0, lease=None, lease_until=None)


def _join_queue(organization_id: UUID) -> None:
    """Enter the queue level with whoever used least among the waiting: idle time earns no priority."""
    turn, _ = Turn.objects.get_or_create(organization_id=organization_id)
    waiting = Shard.objects.filter(state=ShardState.READY)
    if waiting.filter(organization_id=organization_id).exists():
        return
    least = (
        Turn.objects.filter(organization_id__in=waiting.values("organization_id"))
        .order_by("used")
        .values_list("used", flat=True)
        .first()
    )
    if least is not None and least > turn.used:
        Turn.objects.filter(pk=organization_id).update(used=least)
