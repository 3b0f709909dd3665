"""How much of the platform an organization may take up at once: those of the installation, or its own.

A quota keeps one organization from filling what all share. It is no rule about faces: nothing is ruled on,
and the refusal says which limit it is and when it ends. It is looked at twice: before anything is done, and
once more, one writer of an organization at a time, right before what was written is committed.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import LiteralString

from django.conf import settings
from django.db.models import F, Sum

from portal.common import planned
from portal.common.errors import Refused
from portal.tenancy.scope import organization_in_scope
from recognition.models import Image, Job, JobStatus, Quota

_WAITING = (JobStatus.AWAITING_APPROVAL, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.HELD)


@dataclass(frozen=True)
class Amounts:
    """Of what quotas limit: what is used, or the most that may be.

    Attributes:
        waiting_items: Items of jobs that wait for a worker, an approval or the end of a hold.
        items_a_day: Items submitted since midnight, UTC.
        stored_photos: Photos kept.
    """

    waiting_items: int
    items_a_day: int
    stored_photos: int


@dataclass(frozen=True)
class Row:
    """One limit, for people."""

    name: str
    words: str
    used: int
    limit: int


STORED = "quota_stored_photos"  # reason of a file that found no room
NAMES = tuple(field.name for field in fields(Amounts))
WORDS = {
    "waiting_items": "photos waiting in jobs at once",
    "items_a_day": "photos submitted a day",
    "stored_photos": "photos stored at once",
}
_ENDS = {
    "waiting_items": "Wait until earlier jobs are done, or cancel one.",
    "items_a_day": "It begins anew at midnight, UTC.",
    "stored_photos": "Delete photos that nothing needs, or wait until jobs past their retention are purged.",
}


_LOCK = "SELECT pg_advisory_xact_lock(hashtext('recognition_quota'), hashtext(%(organization)s::text))"
_PLENTY = 20_000  # more than all processes together store between two counts
_FRESH_SECONDS = 10.0
# In one statement, since every call asks it: put together by Django, three take longer than their answers.
_TODAY = """
SELECT (
    SELECT coalesce(sum(total), 0) FROM recognition_job
    WHERE organization_id = %(organization)s AND created_at >= today.began AND status <> 'refused'
) + coalesce((
    SELECT calls FROM recognition_usage
    WHERE organization_id = %(organization)s AND day = (today.began AT TIME ZONE 'UTC')::date
), 0)
FROM (SELECT date_trunc('day', clock_timestamp(), 'UTC') AS began) AS today
"""

_ROOM: LiteralString = f"""
SELECT (SELECT items_a_day FROM recognition_quota WHERE organization_id = %(organization)s), ({_TODAY})
"""  # noqa: S608 - words of our own


def limits() -> Amounts:
    """Return the limits of the organization in scope."""
    own = Quota.objects.values(*NAMES).first() or {}
    return Amounts(**{name: own.get(name) or settings.QUOTAS[name] for name in NAMES})


def used() -> Amounts:
    """Return what the organization in scope uses of its limits."""
    return Amounts(_waiting_items(), _items_today(), _stored_photos())


def require_room_for_items(number: int) -> None:
    """Let a job be submitted that fits in. In scope.

    Raises:
        Refused: `quota_waiting_items`, `quota_items_a_day`.
    """
    most = limits()
    _require("items_a_day", most.items_a_day, _items_today(), number)
    _require("waiting_items", most.waiting_items, _waiting_items(), number)


def claim_room_for_items(number: int) -> None:
    """Let the transaction that wrote a job go on only if it fits in beside all that were submitted meanwhile.

    To be called last: until the transaction ends, no other of the organization gets further than here.

    Args:
        number: Items of the job, which is written already.

    Raises:
        Refused: `quota_waiting_items`, `quota_items_a_day`.
    """
    _one_at_a_time()
    most = limits()
    _require("items_a_day", most.items_a_day, _items_today() - number, number)
    _require("waiting_items", most.waiting_items, _waiting_items() - number, number)


def require_room_for_a_call() -> None:
    """Let a synchronous call be made that fits in. In scope.

    Raises:
        Refused: `quota_items_a_day`.
    """
    own, today = planned.row(_ROOM, {"organization": organization_in_scope()}) or (None, 0)
    _require("items_a_day", own or settings.QUOTAS["items_a_day"], int(today), 1)


class PhotoRoom:
    """Room for the photos of one upload: as it was last counted, less what the upload took since.

    Counting walks an index of the organization's photos. So it is done for every batch only where room is
    short; where more is left than all others can store in the meantime, a count is good for some seconds.

    Attributes:
        left: How many photos may still be stored.
    """

    def __init__(self) -> None:
        """Count. In scope."""
        self.left = 0
        self._count()

    def claim(self, number: int) -> int:
        """Return how many of some photos may be written in this transaction.

        Until it ends, no other of the organization gets further than here, unless there is plenty of room.
        """
        if self.left < _PLENTY or time.monotonic() - self._counted > _FRESH_SECONDS:
            _one_at_a_time()
            self._count()
        fitting = min(number, self.left)
        self.left -= fitting
        return fitting

    def _count(self) -> None:
        self.left = max(limits().stored_photos - _stored_photos(), 0)
        self._counted = time.monotonic()


def require_room_for_photos(number: int) -> None:
    """Let photos be stored that fit in. In scope.

    Raises:
        Refused: `quota_stored_photos`.
    """
    _require("stored_photos", limits().stored_photos, _stored_photos(), number)


def claim_room_for_photos(number: int) -> None:
    """Let the transaction that writes photos go on only if they fit in; see `claim_room_for_items`.

    Raises:
        Refused: `quota_stored_photos`.
    """
    _one_at_a_time()
    require_room_for_photos(number)


def as_rows() -> list[Row]:
    """Return each limit in words, with what is used of it. In scope."""
    most, now = asdict(limits()), asdict(used())
    return [Row(name, WORDS[name], now[name], most[name]) for name in NAMES]


def _require(name: str, most: int, taken: int, more: int) -> None:
    if taken + more <= most:
        return
    sentence = (
        f"Your organization may have {most:,} {WORDS[name]}: {taken:,} are there, and {more:,} would come. "
        f"{_ENDS[name]} A compliance officer can raise the limit."
    )
    raise Refused(f"quota_{name}", sentence, limit=most, used=taken)


def _one_at_a_time() -> None:
    """Wait until no other transaction of the organization in scope is between this line and its end."""
    planned.run(_LOCK, {"organization": organization_in_scope()})


def _stored_photos() -> int:
    return Image.objects.filter(purged_at=None).count()


def _waiting_items() -> int:
    rows = Job.objects.filter(status__in=_WAITING)
    return rows.aggregate(items=Sum(F("total") - F("done") - F("failed")))["items"] or 0


def _items_today() -> int:
    found = planned.row(_TODAY, {"organization": organization_in_scope()})
    return int(found[0]) if found else 0
