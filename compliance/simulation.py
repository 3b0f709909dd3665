"""What a policy version would have done: every ruling of the last 90 days, made again under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from compliance.models import RulingRecord
from compliance.policy.plain import encode
from compliance.policy.rules import Lineage, PolicyVersion
from compliance.policy.vocabulary import Outcome
from compliance.remake import CHUNK, Judge, with_facts
from compliance.standing import lineage_in_force
from portal.common.clock import database_now
from portal.common.ids import public_id

LOOKS_BACK = timedelta(days=90)
LISTED = 200  # flips, organizations and held subjects named in a result; all are counted
_BEFORE_ANY_RULING = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = ("pk", "organization_id", "subject", "outcome", "open", "at", "facts_sha256")


class _Row(NamedTuple):
    pk: UUID
    organization_id: UUID
    subject: str
    outcome: str
    open: bool
    at: datetime
    facts_sha256: str

    @property
    def running(self) -> bool:
        return self.open and self.outcome == Outcome.CLEARED


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


@dataclass
class Tally:
    """Counts over some rulings.

    Attributes:
        rulings: How many were made again.
        flipped: Those that come out differently.
        held: Subjects that run now and would be held.
        before: Rulings by outcome, as they are.
        after: Rulings by outcome under the version.
    """

    rulings: int = 0
    flipped: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    held: set[str] = field(default_factory=set)

    def count(self, row: _Row, before: str, after: str) -> None:
        """Count one ruling in."""
        self.rulings += 1
        self.flipped += before != after
        self.before[before] += 1
        self.after[after] += 1
        if row.running and before == Outcome.CLEARED != after:
            self.held.add(row.subject)

    def to_json(self) -> dict[str, Any]:
        """Return the counts as JSON data."""
        return {
            "rulings": self.rulings,
            "flipped": self.flipped,
            "held": len(self.held),
            "before": {outcome.value: self.before[outcome] for outcome in Outcome},
            "after": {outcome.value: self.after[outcome] for outcome in Outcome},
        }


@dataclass(frozen=True)
class Simulation:
    """The result. Everything is counted; of what could be long only the first are named.

    Attributes:
        total: Counts over all rulings.
        by_organization: Counts of each organization hit, the hardest hit first.
        flips: The first of those that come out differently.
    """

    version: str
    total: Tally
    by_organization: tuple[tuple[str, Tally], ...]
    flips: tuple[Flip, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        hit = self.by_organization
        named = hit[:LISTED]
        return {
            **self.total.to_json(),
            "version": self.version,
            "flips": encode(self.flips),
            "organizations": [organization for organization, _ in named],
            "organizations_hit": len(hit),
            "by_organization": [{"organization": key, **tally.to_json()} for key, tally in named],
            "held": sorted(self.total.held)[:LISTED],
            "held_count": len(self.total.held),
        }


def in_view() -> int:
    """Return how many rulings a simulation would make again now. In an officer's scope."""
    return RulingRecord.objects.filter(made_at__gte=database_now() - LOOKS_BACK).count()


def simulate(version: PolicyVersion, *, tell: Callable[[int], None] | None = None) -> Simulation:
    """Make the rulings of the last 90 days again, as if a version had been in force. In an officer's scope.

    Nothing is stored as a ruling: it is a what-if, and says so by being none. Each request is judged at its
    own time, so that a grant which has since expired changes nothing; what runs now is judged now, by the
    rules in force and by the version, so that what ends by itself is not laid at the version's door.

    Args:
        version: The version supposed.
        tell: Called now and then with the number of rulings made again so far.
    """
    now = database_now()
    in_force = Judge(lineage_in_force())
    proposed = Judge(Lineage((replace(version, published_at=_BEFORE_ANY_RULING),)))
    total, organizations, flips = Tally(), dict[UUID, Tally](), list[Flip]()
    for row, facts in with_facts(_rows(since=now - LOOKS_BACK)):
        at = now if row.running else row.at
        after = proposed.answer(facts, row.facts_sha256, at=at, known_at=now)
        before = row.outcome
        if row.running:
            before = in_force.answer(facts, row.facts_sha256, at=now, known_at=now).outcome.value
        for tally in (total, organizations.setdefault(row.organization_id, Tally())):
            tally.count(row, before, after.outcome.value)
        if before != after.outcome and len(flips) < LISTED:
            flips.append(_flip(row, before, after.outcome.value, after.rule))
        if tell and total.rulings % CHUNK == 0:
            tell(total.rulings)
    return Simulation(version.label, total, _hit(organizations), tuple(flips))


def _rows(*, since: datetime) -> Iterable[_Row]:
    rows = RulingRecord.objects.filter(made_at__gte=since).order_by("pk")
    return map(_Row._make, rows.values_list(*_COLUMNS).iterator(chunk_size=CHUNK))


def _flip(row: _Row, before: str, after: str, rule: str) -> Flip:
    return Flip(
        ruling=public_id(RulingRecord.PREFIX, row.pk),
        organization=str(row.organization_id),
        subject=row.subject,
        before=before,
        after=after,
        rule=rule,
        running=row.running,
    )


def _hit(organizations: dict[UUID, Tally]) -> tuple[tuple[str, Tally], ...]:
    hit = [(str(key), tally) for key, tally in organizations.items() if tally.flipped]
    return tuple(sorted(hit, key=lambda one: (-len(one[1].held), -one[1].flipped, one[0])))
