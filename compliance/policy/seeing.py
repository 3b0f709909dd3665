"""How a rule sees facts: words found, words wanted, and whether the one meets the other."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from compliance.policy.facts import Fact, Facts, Undetermined
from compliance.policy.plain import MISSING, Missing

Words: TypeAlias = frozenset[str]


class Truth(StrEnum):
    """Whether facts meet a condition."""

    MET = "met"
    NOT_MET = "not_met"
    MISSING = "missing"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Seen:
    """One fact a dimension looked at, in its words."""

    fact: str
    words: Words | Missing | Undetermined

    def meets(self, wanted: Words, *, wholly: bool) -> Truth:
        """Return whether one (or, wholly, each) of the words seen is a wanted one."""
        if isinstance(self.words, Undetermined):
            return Truth.UNDETERMINED
        if self.words is MISSING:
            return Truth.MISSING
        met = self.words <= wanted if wholly else bool(self.words & wanted)
        return Truth.MET if met else Truth.NOT_MET


@dataclass(frozen=True)
class Dimension:
    """One dimension of a scope.

    Attributes:
        label: The fact, in words for people.
        words: The words it takes, or a pattern they follow.
        read: Gives what it sees in facts at a moment.
        every: It is met when everything seen is among the wanted words, not when one thing is.
    """

    label: str
    words: Words | re.Pattern[str]
    read: Callable[[Facts, datetime], tuple[Seen, ...]]
    every: bool = False

    def takes(self, word: str) -> bool:
        """Return whether a word can be wanted here."""
        if isinstance(self.words, re.Pattern):
            return bool(self.words.fullmatch(word))
        return word in self.words

    def truth(self, seen: Iterable[Seen], wanted: Words) -> Truth:
        """Return whether what was seen meets the wanted words."""
        found = {one.meets(wanted, wholly=self.every) for one in seen}
        first, empty = (Truth.NOT_MET, Truth.MET) if self.every else (Truth.MET, Truth.NOT_MET)
        for truth in (first, Truth.MISSING, Truth.UNDETERMINED):
            if truth in found:
                return truth
        return empty


def seen(name: str, fact: Fact[str] | Fact[str | None] | Fact[Words]) -> Seen:
    """Return a fact as seen: one word, several, or none where there is none."""
    if fact is MISSING or isinstance(fact, Undetermined):
        return Seen(name, fact)
    if fact is None:
        return Seen(name, frozenset())
    return Seen(name, frozenset({fact}) if isinstance(fact, str) else fact)
