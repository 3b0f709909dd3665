"""What a policy version would have done: every ruling of the last 90 days, made again under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from compliance.models import RulingRecord
from compliance.policy.evaluate import evaluate
from compliance.policy.plain import encode
from compliance.policy.rules import Lineage, PolicyVersion
from compliance.policy.vocabulary import Outcome
from portal.common.clock import database_now

LOOKS_BACK = timedelta(days=90)
_BEFORE_ANY_RULING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Flip:
    """One ruling that would come out differently."""

    ruling: str
    organization: str
    subject: str
    before: str
    after: str
    rule: str
    running: bool


@dataclass(frozen=True)
class Simulation:
    """The result.

    Attributes:
        rulings: How many rulings were made again.
        flips: Those that come out differently.
        organizations: Ids of the organizations they are of.
        held: Subjects that run now and would be held.
    """

    version: str
    rulings: int
    flips: tuple[Flip, ...]
    organizations: tuple[str, ...]
    held: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return dict(encode(self))


def simulate(version: PolicyVersion) -> Simulation:
    """Make the rulings of the last 90 days again, as if a version had been in force. In an officer's scope.

    Nothing is stored as a ruling: it is a what-if, and says so by being none. Each request is judged at its
    own time, so that a grant which has since expired changes nothing; what runs now is judged now.
    """
    now = database_now()
    rows = RulingRecord.objects.filter(made_at__gte=now - LOOKS_BACK).order_by("pk")
    total = rows.count()
    flips = tuple(_flips(rows.iterator(chunk_size=200), version, now))
    return Simulation(
        version=version.label,
        rulings=total,
        flips=flips,
        organizations=tuple(sorted({flip.organization for flip in flips})),
        held=tuple(
            sorted({flip.subject for flip in flips if flip.running and flip.after != Outcome.CLEARED})
        ),
    )


def _flips(rows: Iterable[RulingRecord], version: PolicyVersion, now: datetime) -> Iterable[Flip]:
    lineage = Lineage((replace(version, published_at=_BEFORE_ANY_RULING),))
    for row in rows:
        running = row.open and row.is_cleared
        found = evaluate(row.stated, lineage, at=now if running else row.at, known_at=now)
        if found.outcome != row.outcome:
            yield Flip(
                ruling=row.public_id,
                organization=str(row.organization_id),
                subject=row.subject,
                before=row.outcome,
                after=found.outcome.value,
                rule=found.rule_id,
                running=running,
            )
