"""Whether every stored ruling comes out again as it was made: from its facts, version and two moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from compliance.models import PolicyVersionRecord, RulingRecord
from compliance.models.policy import published
from compliance.policy.errors import PolicyError
from compliance.policy.evaluate import evaluate, evaluator_hash
from compliance.policy.plain import encode
from compliance.policy.rules import Lineage
from compliance.policy.ruling import Ruling
from compliance.policy.shorthand import shorten, written_out

LISTED = 200  # differences named in a result; all are counted
_CHUNK = 500
# A version counts from the moment it says, but others see it once its transaction has ended.
_SETTLING = timedelta(minutes=1)


@dataclass(frozen=True)
class Difference:
    """One ruling that does not come out as it is stored.

    Attributes:
        columns: Where it differs.
        same_program: It was made by the program text that judges now.
    """

    ruling: str
    organization: str
    columns: tuple[str, ...]
    same_program: bool


@dataclass
class Count:
    """How many rulings were made again, and how many came out identical."""

    rulings: int = 0
    identical: int = 0


@dataclass
class Replay:
    """The result.

    Attributes:
        by_program: Counts by the hash of the program text that made the rulings.
        differences: The first of the rulings that differ.
    """

    total: Count = field(default_factory=Count)
    by_program: dict[str, Count] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def differing(self) -> int:
        """How many do not come out as they are stored."""
        return self.total.rulings - self.total.identical

    def count(self, row: RulingRecord, columns: tuple[str, ...]) -> None:
        """Count one ruling in."""
        for counts in (self.total, self.by_program.setdefault(row.evaluator_hash, Count())):
            counts.rulings += 1
            counts.identical += not columns
        if columns and len(self.differences) < LISTED:
            by_us = row.evaluator_hash == evaluator_hash()
            self.differences.append(Difference(row.public_id, str(row.organization_id), columns, by_us))

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {
            "rulings": self.total.rulings,
            "identical": self.total.identical,
            "differing": self.differing,
            "program": evaluator_hash(),
            "by_program": {name: vars(counts) for name, counts in self.by_program.items()},
            "differences": [encode(one) for one in self.differences],
        }


def replay() -> Replay:
    """Make every stored ruling again and compare. In an officer's scope; nothing is stored.

    A ruling by another program text is compared as well and told apart: where it differs, that may be why.
    """
    found = Replay()
    packs: dict[str, list[PolicyVersionRecord]] = {}
    for record in PolicyVersionRecord.objects.defer("content").order_by("number"):
        packs.setdefault(record.pack, []).append(record)
    for row in RulingRecord.objects.order_by("pk").iterator(chunk_size=_CHUNK):
        found.count(row, tuple(_differing(row, packs.get(row.version.partition("@")[0], []))))
    return found


def _differing(row: RulingRecord, pack: Sequence[PolicyVersionRecord]) -> Iterator[str]:
    """Yield the columns in which a ruling is not what it would be."""
    try:
        versions = (published(row.version, row.version_sha256),) if row.version else ()
    except (PolicyVersionRecord.DoesNotExist, ValueError):
        yield "version"
        return
    try:
        again = evaluate(row.stated, Lineage(versions), at=row.at, known_at=row.known_at)
    except PolicyError:
        yield "facts"
        return
    if _was_superseded(row, pack):
        yield "version"
    yield from (name for name, value in _columns(again).items() if getattr(row, name) != value)
    if row.valid_until not in _ends(again.valid_until, pack, row.known_at):
        yield "valid_until"
    if row.findings != _findings(row, again):
        yield "findings"


def _columns(ruling: Ruling) -> dict[str, Any]:
    """Return what a ruling says, as it is stored."""
    return {
        "outcome": ruling.outcome,
        "rule": ruling.rule_id,
        "sentence": ruling.sentence,
        "remedy": ruling.remedy,
        "source": encode(ruling.source),
        "period": encode(ruling.period),
        "facts_sha256": ruling.facts_sha256,
        "version": ruling.version or "",
        "version_sha256": ruling.version_sha256 or "",
        "obligations": ruling.obligations.to_json(),
        "recorded_status": ruling.recorded_status,
        "computed_status": ruling.computed_status,
    }


def _findings(row: RulingRecord, again: Ruling) -> Any:
    """Return what a ruling made again looked at, in the form in which the stored one tells it."""
    return written_out(again.looked_at) if isinstance(row.findings, list) else shorten(again)


def _was_superseded(row: RulingRecord, pack: Sequence[PolicyVersionRecord]) -> bool:
    """Whether a newer version of the pack counted when a ruling was made, and had been there long enough."""
    settled = row.known_at - _SETTLING
    counted = [one for one in pack if one.published_at <= row.known_at and _was_there(one, settled)]
    return any(one.number > int(row.version.rpartition("@")[2]) for one in counted)


def _ends(
    ruled: datetime | None, pack: Sequence[PolicyVersionRecord], known_at: datetime
) -> set[datetime | None]:
    """Return when a ruling may end: by itself, or when the next version that was known then counts.

    A version that was recorded or withdrawn a moment before may have been known or not.
    """
    ahead = [one for one in pack if one.published_at > known_at]
    earlier, then = ({one for one in ahead if _was_there(one, at)} for at in (known_at - _SETTLING, known_at))
    next_one = min((one.published_at for one in earlier & then), default=None)
    possible = [next_one, *(one.published_at for one in earlier ^ then)]
    return {min((end for end in (ruled, count) if end), default=None) for count in possible}


def _was_there(record: PolicyVersionRecord, moment: datetime) -> bool:
    withdrawn = record.withdrawn_at is not None and record.withdrawn_at <= moment
    return record.recorded_at <= moment and not withdrawn
