"""How long work takes: an estimate for each photo, and how the machines at hand compare with it.

A shard is cut so that it takes about five seconds on the machines that are there, whatever they are: what a
worker needed for its last shards, against what they were estimated at, is its pace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Avg

from recognition.models import Heartbeat

SHARD_SECONDS = 5.0
FEWEST, MOST = 16, 512  # items of a shard, whatever the pace: fewer cost more to write than to look at,
# more would be held in memory, and lost with a worker, at once
UNMEASURED = 2.0  # the pace of a machine that has not done a shard yet: slower than ours, to be safe
# Seconds on two cores in the default mode, from the architecture's measurements: 110 photos a second of
# 250 px; 42 to 70 ms for a photo of 1280x960; large ones are decoded at half size and looked at in 1600 px.
# A shard costs besides what its photos do: two rulings and five commits, 0.16 s where it was timed with one
# photo each. Left out, jobs of one photo would get ten times their share, and slow machines seem slower yet.
_A_SHARD = 0.15
_A_PHOTO, _A_MEGAPIXEL, _LOOKED_AT, _DECODING = 0.009, 0.04, 2.0, 0.002


@dataclass(frozen=True)
class Piece:
    """A run of items that is done in one go; `work` in estimated seconds at a pace of 1."""

    first: int
    last: int
    work: float


def work(pixels: int) -> float:
    """Return the estimated seconds of one photo at a pace of 1."""
    megapixels = pixels / 1e6
    return _A_PHOTO + _A_MEGAPIXEL * min(megapixels, _LOOKED_AT) + _DECODING * megapixels


def cut(items: Iterable[tuple[int, int]], *, pace: float) -> list[Piece]:
    """Cut items into pieces of about five seconds at a pace.

    Args:
        items: (position, pixels), in order of position; gaps begin a new piece.
        pace: Seconds that an estimated second takes.
    """
    pieces: list[Piece] = []
    for position, pixels in items:
        one, last = work(pixels), pieces[-1] if pieces else None
        if last is not None and position == last.last + 1 and _fits(last, one, pace):
            pieces[-1] = Piece(last.first, position, last.work + one)
        else:
            pieces.append(Piece(position, position, _A_SHARD + one))
    return pieces


def share(piece: Piece, pace: float) -> int:
    """Return how many items of a piece make about five seconds at a pace."""
    items = piece.last - piece.first + 1
    return min(items, max(FEWEST, int(items * SHARD_SECONDS / (piece.work * pace))))


def expected() -> float:
    """Return the pace of the workers of the last hour, on average."""
    return Heartbeat.objects.aggregate(pace=Avg("pace"))["pace"] or UNMEASURED


def of(worker: str) -> float:
    """Return the pace of one worker."""
    return Heartbeat.objects.filter(pk=worker).values_list("pace", flat=True).first() or UNMEASURED


# From the end of the worker's last shard where that is later than the lease: it may read one shard while it
# writes the other. The newest shard counts a third, so that one hiccup does not turn the plan over.
_MEASURE = """
UPDATE recognition_heartbeat AS beat
SET pace = least(100, greatest(0.01, coalesce(beat.pace * 2 / 3 + seen.pace / 3, seen.pace))),
    finished_at = clock_timestamp()
FROM (
    SELECT shard.worker, extract(epoch FROM clock_timestamp()
        - greatest(shard.leased_at, beat.finished_at)) / greatest(shard.work, 0.001) AS pace
    FROM recognition_shard AS shard JOIN recognition_heartbeat AS beat ON beat.worker = shard.worker
    WHERE shard.id = %s
) AS seen
WHERE beat.worker = seen.worker
"""


def measure(shard_id: UUID) -> None:
    """Note what a worker took for the shard it has just done, inside the transaction that ends it."""
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, [shard_id])


def _fits(piece: Piece, more: float, pace: float) -> bool:
    items = piece.last - piece.first + 2
    return items <= FEWEST or (items <= MOST and (piece.work + more) * pace <= SHARD_SECONDS)
