"""What is remembered about embedded services: ports and passwords, in one file that only we can read."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.local.errors import LocalServiceError

# Below the range that Linux and macOS hand out for outgoing connections, so a remembered port stays free.
LOWEST_PORT, HIGHEST_PORT = 20_000, 32_000

State = dict[str, Any]


def load(home: Path) -> State:
    """Return what is remembered under `home`; an empty state when nothing is."""
    try:
        state: State = json.loads(_file(home).read_text())
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise LocalServiceError(
            f"{_file(home)} belongs to another account (was this started as root before?). "
            "Run as that account, or set COUNTENANCE_HOME to another folder."
        ) from error
    return state


def save(home: Path, state: State) -> None:
    """Replace what is remembered under `home`, whole or not at all."""
    draft = _file(home).with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(state, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_file(home))


@contextlib.contextmanager
def locked(home: Path, seconds: float = 120.0) -> Iterator[None]:
    """Keep every other start or stop of this home waiting.

    Raises:
        LocalServiceError: Another one did not end within `seconds`.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "services.lock").open("a") as file:
        if not _lock_within(file.fileno(), seconds):
            raise LocalServiceError(
                f"Another start or stop of {home} has been busy for {seconds:.0f} s. Try again."
            )
        yield


def password() -> str:
    """Return a new random password that needs no quoting in an address or a file."""
    return secrets.token_hex(24)


def free_port(preferred: int | None = None) -> int:
    """Return a port of 127.0.0.1 nobody listens on: `preferred` if it is free, else a random one."""
    if preferred and is_free(preferred):
        return preferred
    for _ in range(200):
        port = LOWEST_PORT + secrets.randbelow(HIGHEST_PORT - LOWEST_PORT)
        if is_free(port):
            return port
    raise LocalServiceError(f"No free port between {LOWEST_PORT} and {HIGHEST_PORT} on 127.0.0.1.")


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lock_within(descriptor: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def _file(home: Path) -> Path:
    return home / "services.json"
