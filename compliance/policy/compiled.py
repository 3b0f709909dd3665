"""A policy version made ready to judge: conditions that several rules share are numbered and judged once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from compliance.policy.results import Result
from compliance.policy.rules import Condition, Kind, Rule
from compliance.policy.vocabulary import Outcome


class Verdict(NamedTuple):
    """A rule with its result, in short.

    Attributes:
        version: Pack and number the rule comes from, or `platform`.
        counts_as: What it adds to the outcome, None where it adds nothing.
        lifted_by: Exemption that lifts it.
    """

    rule: Rule
    version: str
    result: Result
    counts_as: Outcome | None = None
    lifted_by: str | None = None


@dataclass(frozen=True)
class Step:
    """One rule, in its turn.

    Attributes:
        version: Label of the version it comes from.
        conditions: Numbers of the conditions of its scope.
        not_met: The verdict where one of them is not met, which is the most common one.
        lifts_moratorium: It is an exemption from a moratorium.
    """

    rule: Rule
    version: str
    conditions: tuple[int, ...]
    not_met: Verdict
    lifts_moratorium: bool


@dataclass(frozen=True)
class Program:
    """Rules in the order they are judged, with the conditions they are made of.

    Attributes:
        dimensions: Names of the dimensions that rules look at.
        conditions: Every condition, once.
        steps: The rules.
        every_condition: Numbers of the conditions of all rules, rule by rule.
        boundaries: Every start and end of a rule, in order.
    """

    dimensions: tuple[str, ...]
    conditions: tuple[Condition, ...]
    steps: tuple[Step, ...]
    every_condition: tuple[int, ...]
    boundaries: tuple[datetime, ...]

    def next_boundary(self, at: datetime) -> datetime | None:
        """Return the first start or end of a rule after a moment."""
        place = bisect_right(self.boundaries, at)
        return self.boundaries[place] if place < len(self.boundaries) else None


def compiled(rules: Sequence[tuple[str, Rule]]) -> Program:
    """Return the program of rules, each given with the label of the version it comes from."""
    numbers: dict[Condition, int] = {}
    moratoria = {rule.id for _, rule in rules if rule.kind is Kind.MORATORIUM}
    steps = tuple(
        Step(
            rule=rule,
            version=version,
            conditions=tuple(numbers.setdefault(one, len(numbers)) for one in rule.scope),
            not_met=Verdict(rule, version, Result.NOT_MET),
            lifts_moratorium=bool(rule.lifts & moratoria),
        )
        for version, rule in rules
    )
    dimensions = dict.fromkeys(condition.dimension for condition in numbers)
    return Program(
        dimensions=tuple(dimensions),
        conditions=tuple(numbers),
        steps=steps,
        every_condition=tuple(number for step in steps for number in step.conditions),
        boundaries=tuple(sorted(_moments(rule for _, rule in rules))),
    )


def _moments(rules: Iterable[Rule]) -> set[datetime]:
    periods = [rule.period for rule in rules]
    starts, ends = {one.starts_at for one in periods}, {one.ends_at for one in periods if one.ends_at}
    return starts | ends
