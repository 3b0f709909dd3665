"""How many years lie between two photos, and how old a person is in each. Plain Python.

Days are often not known: a photo is "from 2019". Everything is therefore reckoned in spans of days, and comes
out as a range of full years that holds whichever day of the span it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

OF_AGE = 18
CHILDREN = "Not measured on children. Expect more misses and more false candidates."
CHANGED = "{} photo was {}. Similarity to a changed photo says less."
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Span:
    """A day, or a year of which the day is not known."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        """Whether the very day is known."""
        return self.first == self.last

    def __str__(self) -> str:
        """Write it as it was stated: `2019-03-07` or `2019`."""
        return self.first.isoformat() if self.is_day else f"{self.first.year:04}"


@dataclass(frozen=True)
class Years:
    """Full years, from at least to at most."""

    low: int
    high: int

    def __str__(self) -> str:
        """Write them as people say them."""
        if self.high == 0:
            return "less than a year"
        unit = "year" if self.high == 1 else "years"
        return f"{self.low} {unit}" if self.low == self.high else f"{self.low} to {self.high} {unit}"


@dataclass(frozen=True)
class Pictured:
    """What is known of a person in one photo.

    Attributes:
        taken: When the photo was taken; None where nobody knows.
        born: When the person was born; None where nobody knows.
        edited: Somebody changed the photo: cropped out a part, colored, sharpened.
        age_progressed: An artist or a program made the person older or younger.
    """

    taken: Span | None = None
    born: Span | None = None
    edited: bool = False
    age_progressed: bool = False

    @property
    def age(self) -> Years | None:
        """How old the person is in the photo; None where a date is missing."""
        return age_at(self.born, self.taken) if self.born and self.taken else None

    @property
    def is_child(self) -> bool:
        """Whether the person may be under eighteen here, as far as the dates tell."""
        return self.age is not None and self.age.low < OF_AGE


@dataclass(frozen=True)
class Comparison:
    """A probe beside an enrolled face, seen from the calendar.

    Attributes:
        probe: The person in the photo that is searched.
        enrolled: The person in the photo of the gallery.
        of_a_child: A child is looked for, whether or not the dates say so.
        names: What the two photos are called; those of a pair are the first and the second.
    """

    probe: Pictured
    enrolled: Pictured
    of_a_child: bool = False
    names: tuple[str, str] = ("probe", "enrolled")

    @property
    def gap(self) -> Years | None:
        """Years between the two photos, None where the date of one is not known."""
        if self.probe.taken is None or self.enrolled.taken is None:
            return None
        return years_between(self.probe.taken, self.enrolled.taken)

    @property
    def gap_in_words(self) -> str:
        """The gap, or what is missing to tell it."""
        if self.gap is not None:
            return str(self.gap)
        photos = dict(zip(map(_called, self.names), (self.probe.taken, self.enrolled.taken), strict=True))
        undated = " and ".join(name for name, taken in photos.items() if taken is None)
        return f"unknown: no date of {undated}"

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader has to bear in mind."""
        child = self.of_a_child or self.probe.is_child or self.enrolled.is_child
        return (*((CHILDREN,) if child else ()), *self._changed())

    def _changed(self) -> tuple[str, ...]:
        return tuple(
            CHANGED.format(f"The {name}", how)
            for name, one in zip(self.names, (self.probe, self.enrolled), strict=True)
            for how, is_so in (("edited", one.edited), ("age-progressed", one.age_progressed))
            if is_so
        )


def span(text: str) -> Span:
    """Return the span of `2019` or `2019-03-07`.

    Raises:
        ValueError: It is neither, or no day of the calendar.
    """
    if _YEAR.fullmatch(text) and int(text):
        return Span(date(int(text), 1, 1), date(int(text), 12, 31))
    if len(text) != len("2019-03-07"):
        raise ValueError(text)
    day = date.fromisoformat(text)
    return Span(day, day)


def years_between(one: Span, other: Span) -> Years:
    """Return the full years between two spans, whichever comes first."""
    low = max(_full_years(one.last, other.first), _full_years(other.last, one.first), 0)
    high = max(_full_years(one.first, other.last), _full_years(other.first, one.last))
    return Years(low, high)


def age_at(born: Span, taken: Span) -> Years | None:
    """Return how old somebody was; None for a photo that is older than the person."""
    if taken.last < born.first:
        return None
    return Years(max(_full_years(born.last, taken.first), 0), _full_years(born.first, taken.last))


def _full_years(start: date, end: date) -> int:
    """Return the full years from one day to another, below zero where the end comes first.

    Who was born on February 29 completes a year on March 1 where there is no such day: until then a person
    counts as younger, and the caution about children stands a day longer rather than a day less.
    """
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def _called(name: str) -> str:
    return "the probe" if name == "probe" else f"the {name} photo"
