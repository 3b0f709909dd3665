"""Cutting a shard in two: the lower part keeps the row, the upper one becomes a shard of its own."""

from __future__ import annotations

from recognition.models import Shard, ShardState


def shorten(row: Shard, last: int) -> Shard:
    """Keep a leased shard's items up to one; the rest is ready for the next worker."""
    upper = _cut_off(row, last)
    upper.attempt = row.attempt - 1  # what it was lost before counts against it as well
    upper.save(force_insert=True)
    row.save(update_fields=["last", "work"])
    return row


def halve(row: Shard, *, suspected: int) -> None:
    """Make both halves of a lost shard ready.

    Args:
        row: Locked.
        suspected: Attempts that a half begins with; an item that stands alone begins with none.
    """
    upper = _cut_off(row, (row.first + row.last) // 2)
    for half in (row, upper):
        half.attempt = 0 if half.first == half.last else suspected
    upper.save(force_insert=True)
    row.state, row.lease, row.lease_until = ShardState.READY, None, None
    row.save(update_fields=["last", "work", "attempt", "state", "lease", "lease_until"])


def _cut_off(row: Shard, last: int) -> Shard:
    """Take off a shard what comes behind an item, not stored yet; work is divided by items."""
    upper = Shard(
        organization_id=row.organization_id,
        job_id=row.job_id,
        first=last + 1,
        last=row.last,
        work=row.work * (row.last - last) / (row.last - row.first + 1),
        priority=row.priority,
        policy_epoch=row.policy_epoch,
        organization_epoch=row.organization_epoch,
    )
    row.last, row.work = last, row.work - upper.work
    return upper
