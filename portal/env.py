"""The environment: every setting can stand in a variable or, with `_FILE` behind its name, in a file."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()


def home() -> Path:
    """Return where embedded state lives: `COUNTENANCE_HOME`, else `.local/` of this checkout."""
    return Path(os.environ.get("COUNTENANCE_HOME") or ROOT / ".local").resolve()


def portal_port() -> str:
    """Return the port of the portal that was last started here, `PORT` before all; else 8000."""
    kept = home() / "run" / "port"
    return env("PORT", default="") or (kept.read_text() if kept.is_file() else "8000")


def is_production() -> bool:
    """Tell whether this is a real deployment, where nothing may be made up on the spot."""
    return env("COUNTENANCE_ENV", default="development") == "production"


def secret(name: str, *, size: int = 32) -> str:
    """Return a secret from the environment, else one made once at random and kept under `home()`.

    Raises:
        RuntimeError: In production, where a secret must be given.
    """
    given: str | None = env(name, default=None)
    if given:
        return given
    if is_production():
        raise RuntimeError(f"Set {name} or {name}_FILE: production does not start with a made-up secret.")
    return _kept_secret(home() / "secrets" / name.lower(), size)


def _kept_secret(path: Path, size: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = base64.b64encode(secrets.token_bytes(size)).decode()
    try:  # two processes may start at once: whoever links first wins, the other reads it
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(made)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text()
