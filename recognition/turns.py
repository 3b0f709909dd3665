"""Whose turn it is: fair queueing between organizations by weight, and what idle time is worth, nothing.

Each organization has a clock, `used`, that its work moves on, divided by its weight; the next shard comes
from whoever's clock is furthest behind. `reached` is where the clock of the last one served stood. Who was
away joins there, however long they were away (start-time fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996).
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

_JOIN = """
INSERT INTO recognition_turn AS turn (organization_id, used, reached)
VALUES (%(organization)s, coalesce((SELECT max(reached) FROM recognition_turn), 0), 0)
ON CONFLICT (organization_id) DO UPDATE SET used = greatest(turn.used, excluded.used)
WHERE NOT EXISTS (
    SELECT FROM recognition_shard WHERE organization_id = %(organization)s AND state IN ('ready', 'leased')
)
"""
# One look at the index for each organization that waits, however many shards each has.
_IN_ORDER = """
WITH RECURSIVE waiting AS (
    (SELECT organization_id FROM recognition_shard WHERE state = 'ready' ORDER BY organization_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT shard.organization_id FROM recognition_shard AS shard
        WHERE shard.state = 'ready' AND shard.organization_id > waiting.organization_id
        ORDER BY shard.organization_id LIMIT 1
    ) FROM waiting WHERE waiting.organization_id IS NOT NULL
)
SELECT turn.organization_id FROM waiting JOIN recognition_turn AS turn USING (organization_id)
ORDER BY turn.used, turn.organization_id
"""
_CHARGE = """
UPDATE recognition_turn AS turn
SET reached = turn.used, used = turn.used + %(work)s / organization.weight
FROM tenancy_organization AS organization
WHERE turn.organization_id = %(organization)s AND organization.id = turn.organization_id
"""


def join(organization_id: UUID) -> None:
    """Enter the queue before one's first shard is ready: where it stands now, not where one left it."""
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, {"organization": organization_id})


def in_order() -> list[UUID]:
    """Return the organizations that have ready shards, whoever used least first."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER)
        return [row[0] for row in cursor.fetchall()]


def charge(organization_id: UUID, work: float) -> None:
    """Move an organization's clock on by work in estimated seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_CHARGE, {"organization": organization_id, "work": work})
