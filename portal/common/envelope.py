"""Envelope encryption of everything that is stored: AES-256-GCM in segments under one data key a tenant.

Layout: 4 bytes `CTE2`, 4 bytes version of the data key, 7 random bytes, then segments of 1 MiB plaintext and
16 bytes tag. The nonce of a segment is the random bytes, its index (4 bytes) and whether it is the last (one
byte), which is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015); head, index and last flag
are associated data besides. So cut, reordered or swapped segments do not open, nor do another object's.
`context` (say, the id of the image) is authenticated with each segment, so that one stored object cannot
stand in for another.

What is older begins with `CTE1`, has no version, and opens under whichever key made it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.common.errors import DomainError

MAGIC = b"CTE2"
SEGMENT = 1 << 20
HEAD = 8  # bytes that tell the format and the version of the key
_UNVERSIONED = b"CTE1"
_TAG = 16
_PREFIX = 7
_KEY_BYTES = 32


class EnvelopeError(DomainError):
    """Stored bytes do not open: wrong key, wrong context, cut or changed."""


class KeyServiceSilent(EnvelopeError):
    """The key service does not answer: nothing is said about what is stored, and it may be asked again."""

    def __init__(self, sentence: str) -> None:
        super().__init__("key_service", sentence)


@dataclass(frozen=True)
class DataKey:
    """An open data key with those it replaced; lives in memory only and never prints itself.

    Attributes:
        secret: 32 bytes; what is sealed from now on is sealed under it.
        version: Stands in front of what it sealed.
        older: Keys that open what they sealed and seal nothing any more.
    """

    secret: bytes = field(repr=False)
    version: int = 1
    older: tuple[DataKey, ...] = field(default=(), repr=False)

    def that_made(self, version: int) -> Sequence[DataKey]:
        """Return the key of a version, alone; none where it is not known."""
        return [key for key in (self, *self.older) if key.version == version]

    @property
    def head(self) -> bytes:
        """The first bytes of what it seals."""
        return MAGIC + self.version.to_bytes(4, "big")


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


def new_secret() -> bytes:
    """Return the 32 random bytes of a new key."""
    return os.urandom(_KEY_BYTES)


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
    """Seal a stream, holding about one segment in memory besides the chunk in hand."""
    prefix, cipher = os.urandom(_PREFIX), AESGCM(key.secret)
    yield key.head + prefix
    index, buffer = 0, bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) > SEGMENT:
            piece = bytes(buffer[:SEGMENT])
            del buffer[:SEGMENT]
            mark = _mark(index, last=False)
            yield cipher.encrypt(prefix + mark, piece, key.head + mark + context)
            index += 1
    mark = _mark(index, last=True)
    yield cipher.encrypt(prefix + mark, bytes(buffer), key.head + mark + context)


def open_stream(key: DataKey, read: Callable[[int], bytes], context: bytes) -> Iterator[bytes]:
    """Open a sealed stream piece by piece; `read(n)` returns up to n bytes, none at the end.

    Raises:
        EnvelopeError: `sealed_damaged`, at the first segment that does not open.
    """
    opener = _opener(key, read)
    index, piece = 0, _read_whole(read, SEGMENT + _TAG)
    while True:
        following = _read_whole(read, SEGMENT + _TAG) if len(piece) == SEGMENT + _TAG else b""
        yield opener.opened(piece, _mark(index, last=not following), context)
        if not following:
            return
        index, piece = index + 1, following


@dataclass
class _Opener:
    """The keys that may have made a stream; after its first segment, the one that did."""

    keys: Sequence[DataKey]
    head: bytes  # associated data of every segment, empty in the older format
    prefix: bytes

    def opened(self, piece: bytes, mark: bytes, context: bytes) -> bytes:
        associated = self.head + mark + context if self.head else context
        for key in self.keys:
            try:
                plain = AESGCM(key.secret).decrypt(self.prefix + mark, piece, associated)
            except InvalidTag:
                continue
            self.keys = [key]
            return plain
        raise _damaged()


def _opener(key: DataKey, read: Callable[[int], bytes]) -> _Opener:
    magic = _read_whole(read, len(MAGIC))
    number = _read_whole(read, HEAD - len(MAGIC)) if magic == MAGIC else b""
    prefix = _read_whole(read, _PREFIX)
    if magic not in (MAGIC, _UNVERSIONED) or len(prefix) != _PREFIX:
        raise _damaged()
    if magic == _UNVERSIONED:
        return _Opener([*key.older, key], b"", prefix)
    return _Opener(key.that_made(int.from_bytes(number, "big")), magic + number, prefix)


def _read_whole(read: Callable[[int], bytes], size: int) -> bytes:
    """Read so many bytes, or all that are left: a stream from a network may return fewer than asked for."""
    parts = []
    while size > 0 and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _mark(index: int, *, last: bool) -> bytes:
    return index.to_bytes(4, "big") + bytes([last])


def _damaged() -> EnvelopeError:
    return EnvelopeError(
        "sealed_damaged", "The stored data does not open: it was changed, cut or belongs elsewhere."
    )
