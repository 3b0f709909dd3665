"""Photos and the people on them: from packages with clear rights, or from a folder of one's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError

from portal.web.demo import fetch

AS_TAKEN = "as taken"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
MOST_PEOPLE = 60
MOST_PHOTOS_EACH = 5
_OFFICIALS = (
    "{}: official White House photographs by Pete Souza, works of the United States government, from the "
    f"source of {fetch.PACKAGE}. Used unchanged, as their note asks."
)


@dataclass(frozen=True)
class Photo:
    """One photo: its name, its bytes, and what was done to it since it was taken."""

    name: str
    data: bytes
    treatment: str = AS_TAKEN


@dataclass(frozen=True)
class Person:
    """A person and their photos; `alterable` where nobody asked that the photos be left as they are."""

    name: str
    photos: tuple[Photo, ...]
    alterable: bool = True


@dataclass(frozen=True)
class Album:
    """Everybody who appears, and where the photos come from and on which right, a sentence each."""

    people: tuple[Person, ...]
    credits: tuple[str, ...]


def shipped(cache: Path) -> Album:
    """Return the people that packages bring, with every photo compared with its known digest.

    Args:
        cache: Folder that keeps what was fetched; made if missing.

    Raises:
        CommandError: No photo at all is to be had.
    """
    album = [*_astronaut(), *_officials(cache)]
    people = tuple(person for person, _ in album if person)
    if not people:
        raise CommandError(
            "There are no photos. Run `make setup`, or name a folder of your own: PHOTOS=folder."
        )
    return Album(people, tuple(dict.fromkeys(credit for _, credit in album)))


def of_folder(folder: Path) -> Album:
    """Return the people of a folder that has one folder of photos a person.

    Raises:
        CommandError: There is no such folder, or nobody in it.
    """
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}.")
    found = [_person(place) for place in sorted(folder.iterdir()) if place.is_dir()]
    people = [person for person in found if person.photos]
    if not people:
        raise CommandError(f"{folder} has no folder with photos in it. It takes one folder a person.")
    return Album(tuple(people[:MOST_PEOPLE]), tuple(_told_of_folder(folder, len(people))))


def _person(place: Path) -> Person:
    files = sorted(file for file in place.iterdir() if file.suffix.lower() in SUFFIXES)
    photos = [Photo(file.name, file.read_bytes()) for file in files[:MOST_PHOTOS_EACH]]
    return Person(place.name, tuple(photos))


def _told_of_folder(folder: Path, found: int) -> Iterator[str]:
    yield f"Your own photos in {folder}. What you may do with them is for you to know."
    if found > MOST_PEOPLE:
        yield f"Of {found} people the first {MOST_PEOPLE} are used."
    yield f"At most {MOST_PHOTOS_EACH} photos a person are used, the first by name."


def _astronaut() -> Iterator[tuple[Person | None, str]]:
    file = fetch.in_package("skimage", "data/astronaut.png")
    data = file.read_bytes() if file and file.is_file() else b""
    if _is(data, fetch.ASTRONAUT_SHA256):
        yield (
            Person("Eileen Collins", (Photo("collins.png", data),)),
            "Eileen Collins, astronaut: NASA's portrait, public domain, from the package scikit-image.",
        )


def _officials(cache: Path) -> Iterator[tuple[Person | None, str]]:
    """Yield the officials of the fetched package, or say that it could not be fetched."""
    files = fetch.officials(cache)
    if not files:
        yield None, "The package with further photos could not be fetched: fewer people, no strangers."
    for name, photos in files.items():
        yield (
            Person(name, _photos(photos), alterable=False),
            _OFFICIALS.format(name),
        )


def _photos(files: Sequence[tuple[str, bytes]]) -> tuple[Photo, ...]:
    return tuple(Photo(name, data) for name, data in files)


def _is(data: bytes, sha256: str) -> bool:
    return hashlib.sha256(data).hexdigest() == sha256
