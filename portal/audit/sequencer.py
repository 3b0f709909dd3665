"""Gives events their places in the published log, after they are committed.

Events wait in `Unplaced`, written by a trigger in their own transaction; so it does not matter in which
order transactions commit, and nothing waits for one that is long. One sequencer works at a time; whatever it
dies of, the places of a batch are given together with the checkpoint that counts them, or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Final

from django.db import connection, transaction

from portal.audit import checkpoints, leaves, log, merkle
from portal.audit.merkle import Growth
from portal.audit.models import Checkpoint, Event, Leaf, LogKey, Unplaced

logger = logging.getLogger(__name__)
BATCH: Final = 1000
BATCHES: Final = 20  # at most, in one run: other work of the worker gets its turn
_LOCK: Final = 0x636F_756E_7465  # of PostgreSQL's advisory locks, the log's
_WAITING: Final = """
SELECT event.*, waiting.number FROM audit_unplaced AS waiting
JOIN audit_event AS event ON event.id = waiting.event_id
WHERE NOT EXISTS (SELECT FROM audit_leaf AS leaf WHERE leaf.event_id = waiting.event_id)
ORDER BY waiting.number LIMIT %s
"""


def run() -> int:
    """Place what waits, in batches, and return how many events got a place. Idempotent."""
    placed = 0
    for _ in range(BATCHES):
        batch = place(BATCH)
        placed += batch
        if batch < BATCH:
            break
    return placed


def place(most: int) -> int:
    """Give the oldest waiting events the next places, sign the tree, and return how many they were.

    Returns 0 where another sequencer is at work.
    """
    with transaction.atomic():
        if not _is_alone():
            return 0
        events = list(_waiting(most))
        if not events:
            return 0
        tree = merkle.growth(log.size(), log.nodes)
        Leaf.objects.bulk_create([_leaf(event, tree) for event in events])
        Unplaced.objects.filter(number__in=[event.number for event in events]).delete()
        _sign(tree)
    logger.info("%d events got places in the log", len(events), extra={"log_size": tree.size})
    return len(events)


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _waiting(most: int) -> Iterator[Any]:
    """Yield waiting events, each with its number in the queue.

    What waits in vain, because its event was removed or was put into the queue a second time, stays there,
    where a check of the trail finds it.
    """
    yield from Event.objects.raw(_WAITING, [most])


def _leaf(event: Event, tree: Growth) -> Leaf:
    salt, index = leaves.new_salt(), tree.size
    body = leaves.body(event, salt)
    hashes = b"".join(tree.append(merkle.leaf_hash(body)))
    return Leaf(index=index, event_id=event.pk, salt=salt, body=body, hashes=hashes)


def _sign(tree: Growth) -> None:
    signer = checkpoints.signer()
    key = str(signer.key)
    if not LogKey.objects.filter(verifier_key=key).exists():
        LogKey.objects.create(verifier_key=key, first_size=tree.size)
    Checkpoint.objects.create(size=tree.size, root=tree.root, note=signer.note(tree.size, tree.root))
