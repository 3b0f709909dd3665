"""Which account the embedded servers run under.

PostgreSQL refuses to run as root. A plain user runs it as itself; root hands it to `nobody`, and where
`nobody` cannot enter the folders (a checkout under /root) to a user namespace in which root is not root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.local.errors import LocalServiceError

REMEDY = "Set DATABASE_URL and REDIS_URL to servers of your own, or run as a user other than root."


@dataclass(frozen=True)
class Account:
    """How to start a server: as which user (None: as we are) and behind which prefix."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def command(self, *words: str | Path) -> list[str]:
        """Return the command line that starts `words` under this account."""
        return [*self.prefix, *map(str, words)]

    def options(self) -> dict[str, Any]:
        """Return the arguments of `subprocess` that switch to this account and its bare environment."""
        options: dict[str, Any] = {"cwd": "/", "env": _bare_environment()}
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options


def choose(folder: Path, binary: Path) -> Account:
    """Return the account that can run `binary` on `folder`, and give it the folder.

    Raises:
        LocalServiceError: No account can, or the folder belongs to somebody else.
    """
    if os.geteuid() != 0:
        _must_be_ours(folder)
        return Account()
    for account in _candidates(folder):
        _give(folder, account.uid or 0, account.gid or 0)
        if _can_run(account, folder, binary):
            return account
    raise LocalServiceError(
        f"PostgreSQL refuses to run as root and no other account can reach {folder}. {REMEDY}"
    )


def _must_be_ours(folder: Path) -> None:
    if folder.exists() and folder.stat().st_uid != os.geteuid():
        raise LocalServiceError(
            f"{folder} belongs to another account (was this started as root before?). "
            "Run as that account, or set COUNTENANCE_HOME to another folder."
        )


def _candidates(folder: Path) -> Iterator[Account]:
    owner = folder.stat()
    if owner.st_uid != 0:
        yield Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    if nobody.pw_uid != owner.st_uid:
        yield Account(nobody.pw_uid, nobody.pw_gid)
    if unshare := shutil.which("unshare"):
        yield Account(prefix=(unshare, "--user", "--"))


def _give(folder: Path, uid: int, gid: int) -> None:
    if folder.stat().st_uid == uid:
        return
    os.chown(folder, uid, gid)
    for path in folder.rglob("*"):
        os.chown(path, uid, gid, follow_symlinks=False)


def _can_run(account: Account, folder: Path, binary: Path) -> bool:
    script = '"$1" --version >/dev/null && cd "$2"'
    command = account.command("/bin/sh", "-c", script, "sh", binary, folder)
    try:
        return subprocess.run(command, capture_output=True, check=False, **account.options()).returncode == 0
    except OSError:  # a container without the right to change users
        return False


def _bare_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
