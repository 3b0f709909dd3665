"""Making stored rulings again: facts are read and judged once where many rulings were made on the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeVar
from uuid import UUID

from compliance.models import RulingRecord
from compliance.policy.evaluate import evaluate
from compliance.policy.facts import Facts
from compliance.policy.rules import Lineage
from compliance.policy.vocabulary import Outcome

T = TypeVar("T")

CHUNK = 2_000  # rulings read at a time
_KEPT = 2 * CHUNK  # facts kept in memory, however many rulings there are


class Stored(Protocol):
    """A stored ruling, as far as its facts go."""

    @property
    def pk(self) -> UUID:
        """Its id."""

    @property
    def facts_sha256(self) -> str:
        """Hash of its facts."""


Row = TypeVar("Row", bound=Stored)


def with_facts(rows: Iterable[Row]) -> Iterator[tuple[Row, Facts]]:
    """Yield stored rulings with their facts, in a scope that sees them.

    Facts are fetched apart from the rows and once for all rulings made on the same: a job is ruled on
    before every shard. Memory stays the same however many rows there are.
    """
    known: OrderedDict[str, Facts] = OrderedDict()
    for chunk in in_chunks(rows, CHUNK):
        unknown = {row.facts_sha256: row.pk for row in chunk if row.facts_sha256 not in known}
        stored = RulingRecord.objects.filter(pk__in=unknown.values()).values_list("facts_sha256", "facts")
        known.update((sha256, Facts.from_json(facts)) for sha256, facts in stored)
        for row in chunk:
            known.move_to_end(row.facts_sha256)
            yield row, known[row.facts_sha256]
        while len(known) > _KEPT:
            known.popitem(last=False)


def in_chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of at most so many things, in their order."""
    rest = iter(things)
    while chunk := list(islice(rest, size)):
        yield chunk


@dataclass(frozen=True)
class Answer:
    """What rules say to facts, from one moment until another: nothing changes before a ruling ends."""

    outcome: Outcome
    rule: str
    starts_at: datetime
    ends_at: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is the answer at a moment too."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


class Judge:
    """Judges requests by the same rules, at many moments."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def answer(self, facts: Facts, sha256: str, *, at: datetime, known_at: datetime) -> Answer:
        """Return the answer to facts at a moment.

        Args:
            facts: The facts.
            sha256: Their hash, as stored.
            at: The moment.
            known_at: Chooses the version; the same in every call.
        """
        found = self._answers.get(sha256)
        if found is None or not found.holds_at(at):
            made = evaluate(facts, self._lineage, at=at, known_at=known_at)
            found = Answer(made.outcome, made.rule_id, at, made.valid_until)
            self._answers[sha256] = found
            if len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return found
