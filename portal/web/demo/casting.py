"""Who is enrolled, who is searched for, and who stays a stranger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.web.demo import variants
from portal.web.demo.photos import AS_TAKEN, Person, Photo

STRANGERS_EACH = 4  # one person in so many stays out of the gallery, where there are two or more


@dataclass(frozen=True)
class Probe:
    """A photo to search with: whom it shows, and whom the gallery should name, if anybody."""

    photo: Photo
    shows: str
    expected: str | None


@dataclass(frozen=True)
class Cast:
    """What goes into a gallery, and what is searched for in it."""

    enrolled: tuple[tuple[str, Photo], ...]
    probes: tuple[Probe, ...]

    @property
    def strangers(self) -> int:
        """Probes of people who are not in the gallery."""
        return sum(probe.expected is None for probe in self.probes)

    @property
    def treated(self) -> int:
        """Probes that are variants of an enrolled photo, not photos of another moment."""
        return sum(probe.photo.treatment != AS_TAKEN for probe in self.probes)


def cast(people: Sequence[Person]) -> Cast:
    """Return a part for everybody: first photos are enrolled, further ones are probes.

    Strangers are the people with the fewest photos; their photos are probes that should find nobody. Whoever
    has one photo and is enrolled is searched for with variants of it.
    """
    ordered = sorted(people, key=lambda person: (-len(person.photos), person.name))
    away = _strangers(len(ordered))
    known, strangers = ordered[: len(ordered) - away], ordered[len(ordered) - away :]
    return Cast(
        enrolled=tuple((person.name, person.photos[0]) for person in known),
        probes=(
            *(Probe(photo, person.name, person.name) for person in known for photo in _others(person)),
            *(Probe(photo, person.name, None) for person in strangers for photo in person.photos),
        ),
    )


def everybody(people: Sequence[Person]) -> Cast:
    """Return a cast in which all are enrolled and each is searched for once, where a photo allows it."""
    others = {person.name: _others(person) for person in people}
    return Cast(
        enrolled=tuple((person.name, person.photos[0]) for person in people),
        probes=tuple(Probe(found[0], name, name) for name, found in others.items() if found),
    )


def _strangers(people: int) -> int:
    return max(1, people // STRANGERS_EACH) if people > 1 else 0


def _others(person: Person) -> list[Photo]:
    if len(person.photos) > 1:
        return list(person.photos[1:])
    return variants.all_of(person.photos[0]) if person.alterable else []
