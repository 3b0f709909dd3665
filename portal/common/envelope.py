"""Envelope encryption of everything that is stored: AES-256-GCM in segments under one data key a tenant.

Layout: 4 bytes `CTE1`, 7 random bytes, then segments of 1 MiB plaintext + 16 bytes tag. The nonce of a
segment is the random bytes, its index (4 bytes) and whether it is the last (1 byte), which is the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015): cut, reordered or swapped segments do not open.
`context` (say, the id of the image) is authenticated with each segment, so that one stored object cannot
stand in for another.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.common.errors import DomainError

MAGIC = b"CTE1"
SEGMENT = 1 << 20
_TAG = 16
_PREFIX = 7
_KEY_BYTES = 32


class EnvelopeError(DomainError):
    """Stored bytes do not open: wrong key, wrong context, cut or changed."""


@dataclass(frozen=True)
class DataKey:
    """An open data key; lives in memory only and never prints itself."""

    secret: bytes = field(repr=False)


def key_from_text(text: str) -> bytes:
    """Return the 32 bytes of a base64 key.

    Raises:
        EnvelopeError: `bad_key`, when it is not base64 of 32 bytes.
    """
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise EnvelopeError("bad_key", "A key-encryption key is the base64 of 32 random bytes.")
    return key


def new_data_key(key_encryption_key: bytes) -> bytes:
    """Return a fresh data key, wrapped (sealed under the key-encryption key)."""
    return seal(DataKey(key_encryption_key), os.urandom(_KEY_BYTES), b"data-key")


def unwrap(key_encryption_key: bytes, wrapped: bytes) -> DataKey:
    """Open a wrapped data key."""
    return DataKey(open_sealed(DataKey(key_encryption_key), wrapped, b"data-key"))


def seal(key: DataKey, plaintext: bytes, context: bytes) -> bytes:
    """Seal bytes that fit into memory."""
    return b"".join(seal_stream(key, [plaintext], context))


def open_sealed(key: DataKey, sealed: bytes, context: bytes) -> bytes:
    """Open what `seal` or `seal_stream` made.

    Raises:
        EnvelopeError: `sealed_damaged`.
    """
    view, at = memoryview(sealed), 0

    def read(size: int) -> bytes:
        nonlocal at
        piece = bytes(view[at : at + size])
        at += len(piece)
        return piece

    return b"".join(open_stream(key, read, context))


def seal_stream(key: DataKey, chunks: Iterable[bytes], context: bytes) -> Iterator[bytes]:
    """Seal a stream, holding about one segment in memory."""
    prefix, cipher = os.urandom(_PREFIX), AESGCM(key.secret)
    yield MAGIC + prefix
    index, buffer = 0, bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > SEGMENT:
            piece = bytes(buffer[:SEGMENT])
            del buffer[:SEGMENT]
            yield cipher.encrypt(_nonce(prefix, index, last=False), piece, context)
            index += 1
    yield cipher.encrypt(_nonce(prefix, index, last=True), bytes(buffer), context)


def open_stream(key: DataKey, read: Callable[[int], bytes], context: bytes) -> Iterator[bytes]:
    """Open a sealed stream piece by piece; `read(n)` returns up to n bytes, none at the end.

    Raises:
        EnvelopeError: `sealed_damaged`, at the first segment that does not open.
    """
    head = read(len(MAGIC) + _PREFIX)
    if len(head) != len(MAGIC) + _PREFIX or not head.startswith(MAGIC):
        raise _damaged()
    prefix, cipher = head[len(MAGIC) :], AESGCM(key.secret)
    index, piece = 0, read(SEGMENT + _TAG)
    while True:
        following = read(SEGMENT + _TAG) if len(piece) == SEGMENT + _TAG else b""
        try:
            yield cipher.decrypt(_nonce(prefix, index, last=not following), piece, context)
        except InvalidTag:
            raise _damaged() from None
        if not following:
            return
        index, piece = index + 1, following


def _nonce(prefix: bytes, index: int, *, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + bytes([last])


def _damaged() -> EnvelopeError:
    return EnvelopeError(
        "sealed_damaged", "The stored data does not open: it was changed, cut or belongs elsewhere."
    )
