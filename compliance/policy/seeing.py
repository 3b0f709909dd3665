"""How a rule sees facts: words found, words wanted, and whether the one meets the other."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TypeAlias

from compliance.policy.facts import Fact, Facts, GrantLine, Undetermined
from compliance.policy.grants import Covering, covering
from compliance.policy.plain import MISSING, Missing

Words: TypeAlias = frozenset[str]
_NO_WORDS: Words = frozenset()


class Truth(StrEnum):
    """Whether facts meet a condition."""

    MET = "met"
    NOT_MET = "not_met"
    MISSING = "missing"
    UNDETERMINED = "undetermined"


_MET, _NOT_MET = Truth.MET, Truth.NOT_MET  # looked up once: judging asks for them thousands of times


@dataclass(frozen=True)
class Seen:
    """One fact a dimension looked at, in its words."""

    fact: str
    words: Words | Missing | Undetermined


@dataclass(frozen=True)
class Request:
    """Facts at the moment they are judged, with the grant that covers them then."""

    facts: Facts
    at: datetime

    @cached_property
    def covering(self) -> Fact[Covering]:
        """How the determination covers what is asked."""
        return covering(self.facts, self.at)

    @property
    def line(self) -> GrantLine | None:
        """The grant in force that covers it, if there is one."""
        return self.covering.line if isinstance(self.covering, Covering) else None


class Sight:
    """All that one dimension sees in a request, looked up once for every rule that asks."""

    def __init__(self, seen: tuple[Seen, ...], *, every: bool) -> None:
        self.seen = seen
        self._every = every
        told = [one.words for one in seen if isinstance(one.words, frozenset)]
        self._words = told[0] if len(told) == 1 else _NO_WORDS.union(*told)
        self._unsettled = _MET if every else _NOT_MET
        if len(told) < len(seen):
            self._unsettled = _unsettled(seen)

    def meets(self, wanted: Words) -> Truth:
        """Return whether something seen (or, where every party counts, each) is among the wanted words."""
        if self._every:
            return self._unsettled if self._words <= wanted else _NOT_MET
        return self._unsettled if self._words.isdisjoint(wanted) else _MET


def _unsettled(seen: tuple[Seen, ...]) -> Truth:
    """What is missing weighs more than what nobody can know."""
    return Truth.MISSING if any(one.words is MISSING for one in seen) else Truth.UNDETERMINED


@dataclass(frozen=True)
class Dimension:
    """One dimension of a scope.

    Attributes:
        label: The fact, in words for people.
        words: The words it takes, or a pattern they follow.
        read: Gives what it sees in a request.
        every: It is met when everything seen is among the wanted words, not when one thing is.
    """

    label: str
    words: Words | re.Pattern[str]
    read: Callable[[Request], tuple[Seen, ...]]
    every: bool = False

    def takes(self, word: str) -> bool:
        """Return whether a word can be wanted here."""
        if isinstance(self.words, re.Pattern):
            return bool(self.words.fullmatch(word))
        return word in self.words

    def sight(self, request: Request) -> Sight:
        """Return what it sees in a request."""
        return Sight(self.read(request), every=self.every)


def seen(name: str, fact: Fact[str] | Fact[str | None] | Fact[Words]) -> Seen:
    """Return a fact as seen: one word, several, or none where there is none."""
    if isinstance(fact, str):
        return _one_word(name, fact)
    return Seen(name, _NO_WORDS if fact is None else fact)


@lru_cache(maxsize=1_000)
def _one_word(name: str, word: str) -> Seen:
    return Seen(name, frozenset({word}))
