"""Checkpoints: the size and hash of the log, signed, as C2SP `tlog-checkpoint` and `signed-note` say.

A note is text that ends with a line break, an empty line, and lines of signatures. A verifier's key is
`name+hex id+base64`, where the id is the beginning of SHA-256(name || 0x0a || 0x01 || public key).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

_ED25519: Final = b"\x01"
_SEED_BYTES: Final = 32
_ID_BYTES: Final = 4
_LINES: Final = 3
_DASH: Final = "\u2014 "
_BLANK: Final = "\n\n"


class KeyUnusable(RuntimeError):
    """The key that signs checkpoints cannot be used."""


class NotSigned(ValueError):
    """A note that none of the given keys signed, or that is no checkpoint."""


@dataclass(frozen=True)
class Head:
    """What a checkpoint says."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class VerifierKey:
    """The public half of a key, with the name of the log that it signs for."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Which key of this name it is."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Return the key that a line describes.

        Raises:
            ValueError: It describes none, or not an Ed25519 key.
        """
        name, _, rest = text.strip().partition("+")
        number, _, encoded = rest.partition("+")
        raw = base64.b64decode(encoded, validate=True)
        key = cls(name, raw[1:])
        if raw[:1] != _ED25519 or len(key.public) != _SEED_BYTES or key.id.hex() != number:
            raise ValueError("This is no Ed25519 verifier's key of a signed note.")
        return key


class Signer:
    """The private half: signs checkpoints of one log."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def note(self, size: int, root: bytes) -> str:
        """Return the signed checkpoint of a tree."""
        text = str(Head(self.key.name, size, root))
        signature = self.key.id + self._private.sign(text.encode())
        return f"{text}\n{_DASH}{self.key.name} {base64.b64encode(signature).decode()}\n"


def signer() -> Signer:
    """Return the signer of this installation's log.

    Raises:
        KeyUnusable: `LOG_SIGNING_KEY` is not the base64 of 32 bytes, or `LOG_ORIGIN` cannot be a name.
    """
    try:
        seed = base64.b64decode(settings.LOG_SIGNING_KEY, validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise KeyUnusable("LOG_SIGNING_KEY is not the base64 of 32 bytes.")
    name = settings.LOG_ORIGIN
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise KeyUnusable("LOG_ORIGIN must be a name without spaces and plus signs.")
    return Signer(name, seed)


def opened(note: str, keys: Iterable[VerifierKey]) -> Head:
    """Return what a checkpoint says, once one of the keys is found to have signed it.

    Raises:
        NotSigned: Nobody trusted signed this, or it is no checkpoint.
    """
    return _head(signed_text(note, keys))


def signed_text(note: str, keys: Iterable[VerifierKey]) -> str:
    """Return the text of a note that one of the keys signed.

    Raises:
        NotSigned: None of them did.
    """
    text, blank, signatures = note.rpartition(_BLANK)
    trusted = {(key.name, key.id): key for key in keys}
    if not blank or not any(_is_signed(f"{text}\n", line, trusted) for line in signatures.splitlines()):
        raise NotSigned("No trusted key signed this note.")
    return f"{text}\n"


def _is_signed(text: str, line: str, trusted: dict[tuple[str, bytes], VerifierKey]) -> bool:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    try:
        raw = base64.b64decode(encoded, validate=True)
        key = trusted[name, raw[:_ID_BYTES]]
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[_ID_BYTES:], text.encode())
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True


def _head(text: str) -> Head:
    lines = text.split("\n")
    if len(lines) < _LINES or not lines[1].isdecimal():
        raise NotSigned("The note is signed, and is no checkpoint.")
    return Head(lines[0], int(lines[1]), base64.b64decode(lines[2]))
