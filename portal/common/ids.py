"""Identifiers: time-ordered UUIDs in the database, prefixed base32 in front of people."""

from __future__ import annotations

import os
import time
from uuid import UUID

from portal.common.errors import NotFound

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 26


def uuid7() -> UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def public_id(prefix: str, value: UUID) -> str:
    """Return the id that people and programs see, e.g. `job_01j…`: prefix and 26 letters."""
    number, letters = value.int, []
    for _ in range(_LENGTH):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return f"{prefix}_{''.join(reversed(letters))}"


def parse_public_id(prefix: str, text: str) -> UUID:
    """Return the UUID behind a public id.

    Raises:
        NotFound: Anything that is not an id of this kind: the caller can know nothing of such a thing.
    """
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _LENGTH or any(letter not in _VALUES for letter in body):
        raise NotFound()
    number = 0
    for letter in body:
        number = number * 32 + _VALUES[letter]
    if number >= 1 << 128:
        raise NotFound()
    return UUID(int=number)
