"""Key-encryption keys: what wraps the data keys of organizations, from the environment or a key service.

`KEY_ENCRYPTION_SERVICE` names a class without arguments that has the three methods of `KeyService`. Two come
with the product: `EnvironmentKeys`, the default, and `CommandKeys`, which runs a program of yours, so that
any key management service with a command line serves (AWS KMS, Google Cloud KMS, Vault).
"""

from __future__ import annotations

import hashlib
import hmac
import shlex
import subprocess
import time
from functools import cached_property
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from portal.common import envelope
from portal.common.envelope import DataKey, KeyServiceSilent

_CONTEXT = b"data-key"
_REMEMBERED = 300.0  # seconds an unwrapped key is kept, so that not every request asks a service
_MOST_REMEMBERED = 1_000
_SECONDS = 20  # a command that hangs holds nobody up for longer


class KeyService(Protocol):
    """Wraps and unwraps short secrets (32 bytes) under a key that never lies in the database."""

    def wrap(self, secret: bytes) -> bytes:
        """Return a secret wrapped under the newest version of the key-encryption key."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return what `wrap` was given, under whichever version it was wrapped.

        Raises:
            EnvelopeError: It does not unwrap.
            KeyServiceSilent: The service does not answer, or not with a key.
        """

    def is_newest(self, wrapped: bytes) -> bool:
        """Tell whether something is wrapped under the newest version; False where that cannot be told."""


class EnvironmentKeys:
    """Keys of `KEY_ENCRYPTION_KEY`: one, or several separated by commas, the newest first.

    A key is known by the first four bytes of its SHA-256, which stand in front of what it wrapped.
    """

    def wrap(self, secret: bytes) -> bytes:
        return envelope.seal(self._keys, secret, _CONTEXT)

    def unwrap(self, wrapped: bytes) -> bytes:
        return envelope.open_sealed(self._keys, wrapped, _CONTEXT)

    def is_newest(self, wrapped: bytes) -> bool:
        return wrapped.startswith(self._keys.head)

    def derived(self, use: str) -> bytes:
        """Return a key of the platform as it was before such keys were stored: from the oldest key."""
        oldest = [self._keys, *self._keys.older][-1]
        return hmac.new(oldest.secret, b"countenance:" + use.encode(), hashlib.sha256).digest()

    @cached_property
    def _keys(self) -> DataKey:
        texts = [text.strip() for text in settings.KEY_ENCRYPTION_KEY.split(",")]
        newest, *older = [_named(envelope.key_from_text(text)) for text in texts]
        return DataKey(newest.secret, newest.version, tuple(older))


class CommandKeys:
    """Runs `KEY_ENCRYPTION_COMMAND` with the word `wrap` or `unwrap`: bytes on its input and its output.

    What it says on its error output is not repeated: it might name what nobody should read.
    """

    def __init__(self) -> None:
        self._remembered: dict[bytes, tuple[float, bytes]] = {}

    def wrap(self, secret: bytes) -> bytes:
        return self._asked("wrap", secret)

    def unwrap(self, wrapped: bytes) -> bytes:
        since, secret = self._remembered.get(wrapped, (0.0, b""))
        if secret and time.monotonic() - since < _REMEMBERED:
            return secret
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        secret = self._asked("unwrap", wrapped)
        self._remembered[wrapped] = (time.monotonic(), secret)
        return secret

    def is_newest(self, wrapped: bytes) -> bool:
        return False  # the service alone knows which version wrapped it: all are wrapped again

    def _asked(self, word: str, given: bytes) -> bytes:
        command = [*shlex.split(settings.KEY_ENCRYPTION_COMMAND), word]
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command
                command, input=given, capture_output=True, timeout=_SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError):
            raise KeyServiceSilent(f"The key service did not {word} a key.") from None
        if not done.stdout:
            raise KeyServiceSilent(f"The key service returned nothing on {word}.")
        return done.stdout


def service(path: str = "") -> KeyService:
    """Return the key service of the settings, or one named by its dotted path; one for the whole process."""
    named = (
        path or settings.KEY_ENCRYPTION_SERVICE,
        settings.KEY_ENCRYPTION_KEY,
        settings.KEY_ENCRYPTION_COMMAND,
    )
    if named not in _services:
        _services[named] = cast(KeyService, import_string(named[0])())
    return _services[named]


_services: dict[tuple[str, str, str], KeyService] = {}


def _named(secret: bytes) -> DataKey:
    return DataKey(secret, int.from_bytes(hashlib.sha256(b"key-encryption-key" + secret).digest()[:4], "big"))
