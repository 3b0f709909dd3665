"""How much an organization used: items that were looked at, each once.

Counted where results are written, in the same transaction: what is rolled back was not used, and a shard that
is done twice is written once. An item that failed and was put back was counted the first time.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from portal.common import planned
from recognition.ledger import Claim
from recognition.models import Item, ItemStatus, Job, Usage

_ADD = """
INSERT INTO recognition_usage AS used (id, organization_id, day, items, calls)
VALUES (
    gen_random_uuid(), %(organization)s, (clock_timestamp() AT TIME ZONE 'UTC')::date, %(items)s, %(calls)s
)
ON CONFLICT (organization_id, day) DO UPDATE
SET items = used.items + excluded.items, calls = used.calls + excluded.calls
"""


def count(job: Job, claim: Claim) -> None:
    """Count the items of a shard that has just ended, in its job and in the usage of its organization.

    Inside the scope and transaction that ends it, with the job locked.
    """
    items = Item.objects.filter(job=job, position__gte=claim.first, position__lte=claim.last)
    counts = items.counts()
    job.done += counts[ItemStatus.DONE]
    job.failed += counts[ItemStatus.FAILED]
    if job.done + job.failed > job.total:  # an item stood in two shards: the items themselves tell
        all_counts = Item.objects.filter(job=job).counts()
        job.done, job.failed = all_counts[ItemStatus.DONE], all_counts[ItemStatus.FAILED]
    job.save(update_fields=["done", "failed"])
    ended = items.exclude(status=ItemStatus.WAITING)
    if new := ended.filter(retried=False).count():
        _add(claim.organization_id, items=new, calls=0)


def count_call(organization_id: UUID) -> None:
    """Count a synchronous call as one item, inside the transaction that records it."""
    _add(organization_id, items=1, calls=1)


def _add(organization_id: UUID, *, items: int, calls: int) -> None:
    planned.run(_ADD, {"organization": organization_id, "items": items, "calls": calls})


def by_day(first: date, last: date) -> list[dict[str, Any]]:
    """Return what was used on each day with use: `day`, `items`, of them `calls`; newest first. In scope."""
    rows = Usage.objects.filter(day__range=(first, last)).order_by("-day")
    return list(rows.values("day", "items", "calls"))


def by_month(first: date, last: date) -> list[dict[str, Any]]:
    """Return the same by month: `month` is its first day. In scope."""
    rows = Usage.objects.filter(day__range=(first, last)).annotate(month=TruncMonth("day"))
    return list(rows.values("month").annotate(items=Sum("items"), calls=Sum("calls")).order_by("-month"))


def between(first: date, last: date) -> int:
    """Return how many items were looked at from one day to another, both included. In scope."""
    rows = Usage.objects.filter(day__gte=first, day__lte=last)
    return rows.aggregate(items=Sum("items"))["items"] or 0
