"""The shard ledger: the database knows what is left to do; messages only wake workers up.

A worker that died holds a lease that ends; whoever takes the shard over fences the dead one off with a new
lease, so a result can be written once only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, models, transaction
from django.db.models import F, Func, Q, Sum
from django.db.models.functions import Now

from compliance.actions.gate import Epochs
from portal.common.clock import database_now
from recognition import pace, parts, turns
from recognition.models import Heartbeat, Priority, Shard, ShardState
from recognition.pace import Piece

LEASE = timedelta(seconds=60)
SILENT = timedelta(seconds=8)  # a worker beats every second; silent for so long, its lease ends early
MOST_ATTEMPTS = 3
TOO_LONG = 2 * pace.SHARD_SECONDS  # at the pace of the worker that takes it
LOOK_AT_MOST = 8  # shards that wait: whether there are more nobody asks
_OPEN = (ShardState.READY, ShardState.LEASED, ShardState.HELD)


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
    *,
    organization_id: UUID,
    job_id: UUID,
    items: Iterable[tuple[int, int]],
    epochs: Epochs,
    priority: int = Priority.NORMAL,
    pipeline: str = "",
) -> list[Shard]:
    """Cut items into shards and write them, inside the caller's transaction.

    Args:
        organization_id: Whose job.
        job_id: Which job.
        items: (position, pixels) of the items to do, in order of position; gaps begin a new shard.
        epochs: Of the ruling that allows it.
        priority: Of the job among those of its organization.
        pipeline: Only workers of this one take them; empty where any may.
    """
    shards = [
        Shard(
            organization_id=organization_id,
            job_id=job_id,
            first=piece.first,
            last=piece.last,
            work=piece.work,
            priority=priority,
            pipeline=pipeline,
            policy_epoch=epochs.policy,
            organization_epoch=epochs.organization,
        )
        for piece in pace.cut(items, pace=pace.expected())
    ]
    turns.join(organization_id)
    return Shard.objects.bulk_create(shards)


_CLAIM = """
WITH next AS (
    SELECT id FROM recognition_shard
    WHERE organization_id = %(organization)s AND state = 'ready' AND (attempt = 0 OR %(alone)s)
        AND pipeline IN ('', (SELECT pipeline FROM recognition_heartbeat WHERE worker = %(worker)s))
    ORDER BY priority DESC, job_id, first
    LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE recognition_shard AS shard
SET state = 'leased', attempt = shard.attempt + 1, lease = %(lease)s, worker = %(worker)s,
    leased_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => %(length)s)
FROM next WHERE shard.id = next.id
RETURNING shard.id, shard.organization_id, shard.job_id, shard.first, shard.last, shard.attempt, shard.lease,
    shard.work
"""


def claim(worker: str) -> Claim | None:
    """Lease the next ready shard of the organization that has used least; None when nothing is ready.

    Within an organization urgent jobs come first, then the oldest. A shard that this worker would be at for
    much longer than others is cut, and the rest left for the next one. A worker may lease one shard while it
    works on another; but one that was lost before is worked on alone, so that what kills its worker brings
    no other under suspicion.
    """
    with transaction.atomic(durable=True):
        holding = list(Shard.objects.filter(state=ShardState.LEASED, worker=worker).values_list("attempt"))
        if any(attempt > 1 for (attempt,) in holding):
            return None
        for organization_id in turns.in_order():
            row = _lease_next(organization_id, worker, alone=not holding)
            if row is None:  # other workers took it meanwhile
                continue
            taken, work = _shortened(Claim(*row[:-1]), row[-1], pace.of(worker))
            turns.charge(organization_id, work)
            return taken
    return None


def renew(taken: Claim) -> bool:
    """Lengthen a lease; False when it is no longer one's own."""
    return bool(_own(taken).update(lease_until=Now() + LEASE))


def lock(taken: Claim) -> bool:
    """Lock one's own leased shard for the rest of the transaction; False when the lease was lost."""
    return _own(taken).select_for_update().exists()


def finish(taken: Claim) -> None:
    """Mark a locked shard as done, inside the transaction that writes its results."""
    pace.measure(taken.shard_id)
    _own(taken).update(
        state=ShardState.DONE, lease=None, lease_until=None, finished_at=Func(function="clock_timestamp")
    )


def give_back(taken: Claim, to: ShardState = ShardState.READY) -> None:
    """Return a shard undone, for no fault of its items: the attempt does not count."""
    _own(taken).update(state=to, lease=None, lease_until=None, attempt=F("attempt") - 1)


def ready_count(worker: str = "") -> int:
    """Return how many shards wait for a worker, or for this one, counted up to `LOOK_AT_MOST`."""
    ready = Shard.objects.filter(state=ShardState.READY)
    if worker:
        own = Heartbeat.objects.filter(pk=worker).values("pipeline")
        ready = ready.filter(Q(pipeline="") | Q(pipeline__in=own))
    return ready[:LOOK_AT_MOST].count()


def route(job_ids: Iterable[UUID], pipeline: str) -> None:
    """Leave what is left of jobs to workers of one pipeline, or to all (empty)."""
    Shard.objects.filter(job_id__in=list(job_ids), state__in=_OPEN).update(pipeline=pipeline)


def holds(worker: str) -> bool:
    """Tell whether any shard is leased to a worker."""
    return Shard.objects.filter(state=ShardState.LEASED, worker=worker).exists()


def ended_since(job_id: UUID, moment: datetime) -> int:
    """Return how many items of a job ended after a moment."""
    done = Shard.objects.filter(job_id=job_id, finished_at__gt=moment)
    return done.aggregate(items=Sum(F("last") - F("first") + 1))["items"] or 0


def unfinished(job_id: UUID) -> bool:
    """Tell whether any shard of a job is not done."""
    return Shard.objects.filter(job_id=job_id, state__in=_OPEN).exists()


def hold(job_id: UUID) -> None:
    """Keep a job's shards from being claimed; whoever works on one finds its lease gone, and stops.

    An attempt that was cut short does not count.
    """
    Shard.objects.filter(job_id=job_id, state=ShardState.LEASED).update(
        state=ShardState.HELD, lease=None, lease_until=None, attempt=F("attempt") - 1
    )
    Shard.objects.filter(job_id=job_id, state=ShardState.READY).update(state=ShardState.HELD)


def unhold(job_id: UUID, epochs: Epochs) -> None:
    """Let a job's held shards be claimed again under a new ruling; the time they were held earns nothing."""
    held = Shard.objects.filter(job_id=job_id, state=ShardState.HELD)
    for owner in held.order_by().values_list("organization_id", flat=True).distinct():
        turns.join(owner)
    held.update(state=ShardState.READY, policy_epoch=epochs.policy, organization_epoch=epochs.organization)


def prioritize(job_id: UUID, priority: int) -> None:
    """Give what is left of a job another place among the jobs of its organization."""
    Shard.objects.filter(job_id=job_id, state__in=_OPEN).update(priority=priority)


def note_epochs(job_id: UUID, epochs: Epochs) -> None:
    """Remember under which epochs a job was ruled on last."""
    Shard.objects.filter(job_id=job_id).exclude(state=ShardState.DONE).update(
        policy_epoch=epochs.policy, organization_epoch=epochs.organization
    )


def cancel(job_id: UUID) -> None:
    """End a job's shards; a leased one finds its lease gone and writes nothing."""
    Shard.objects.filter(job_id=job_id, state__in=_OPEN).update(
        state=ShardState.CANCELLED, lease=None, lease_until=None
    )


def lost(database_since: datetime | None = None) -> list[Claim]:
    """Return leased shards whose lease ran out or whose worker fell silent.

    After a restart of the database workers have as long as a lease to be heard again.

    Args:
        database_since: When the database began; it is asked where this is not given.
    """
    now = database_now()
    patience = LEASE if now - (database_since or _database_since()) < SILENT else SILENT
    silent = Heartbeat.objects.filter(beat_at__lt=now - patience).values("worker")
    rows = Shard.objects.filter(state=ShardState.LEASED).filter(Q(lease_until__lt=now) | Q(worker__in=silent))
    return [
        Claim(row.pk, row.organization_id, row.job_id, row.first, row.last, row.attempt, row.lease)
        for row in rows
        if row.lease
    ]


def take_over(taken: Claim) -> bool:
    """End a lost lease; a shard lost three times is split until what kills workers stands alone.

    Its halves are under suspicion: they are split at their first loss, so that one photo among hundreds is
    found in about as many losses as there are halvings. Alone, an item has three attempts again.

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


def _database_since() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _own(taken: Claim) -> models.QuerySet[Shard]:
    return Shard.objects.filter(pk=taken.shard_id, state=ShardState.LEASED, lease=taken.lease)


def _lease_next(organization_id: UUID, worker: str, *, alone: bool) -> tuple[Any, ...] | None:
    values: dict[str, UUID | str | float] = {
        "organization": organization_id,
        "alone": alone,
        "lease": uuid4(),
        "worker": worker,
        "length": LEASE.total_seconds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _shortened(taken: Claim, work: float, at_pace: float) -> tuple[Claim, float]:
    """Leave what is far beyond one's pace to the next worker; returns what is kept, and its work."""
    if work * at_pace <= TOO_LONG:
        return taken, work
    items = pace.share(Piece(taken.first, taken.last, work), at_pace)
    if taken.first + items > taken.last:
        return taken, work
    kept = parts.shorten(Shard.objects.get(pk=taken.shard_id), taken.first + items - 1)
    return replace(taken, last=kept.last), kept.work


def _bisect(taken: Claim) -> None:
    with transaction.atomic():
        row = _own(taken).select_for_update().first()
        if row is not None:
            parts.halve(row, suspected=MOST_ATTEMPTS - 1)
