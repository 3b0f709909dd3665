"""Start, find and stop a server without trusting process numbers.

Each server inherits an open, locked file (`alive`). The kernel frees that lock when the last process of the
server is gone, however it died, so a stale or reused process number can neither block a start nor hide one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.local.account import Account
from portal.local.errors import LocalServiceError

LOG_LIMIT_BYTES = 10_000_000


@dataclass(frozen=True)
class Server:
    """One embedded server: where it lives and how to know its processes.

    Attributes:
        folder: Its own folder; the account it runs under owns it.
        log: Where what it says goes.
        program: The name of its program.
    """

    name: str
    folder: Path
    log: Path
    program: str

    @property
    def marker(self) -> str:
        """A word that stands on the command line of each of its processes and of no other server's."""
        return f"countenance-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}"

    @property
    def lock(self) -> Path:
        """The file that is locked as long as any process of the server lives."""
        return self.folder / "alive"

    def is_alive(self) -> bool:
        """Tell whether any process of the server still runs."""
        try:
            descriptor = os.open(self.lock, os.O_RDONLY)
        except (FileNotFoundError, PermissionError):
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def processes(self) -> list[int]:
        """Return the numbers of the server's processes."""
        return [pid for pid, line in _command_lines() if self.marker in line and self.program in line]

    def start(
        self, command: list[str], account: Account, is_ready: Callable[[], bool], seconds: float
    ) -> None:
        """Start the server in a session of its own, holding the lock, and wait until it is ready.

        Raises:
            LocalServiceError: It ended or was not ready within `seconds`, or an earlier one still runs.
        """
        started = self._launch(command, account)
        wait_until(lambda: is_ready() or started.poll() is not None, seconds)
        if started.poll() is not None or not is_ready():
            raise LocalServiceError(f"{self.name} did not start. It said:\n{self.last_words()}")
        started.returncode = 0  # it outlives us on purpose; Popen would warn of a child left running

    def _launch(self, command: list[str], account: Account) -> subprocess.Popen[bytes]:
        descriptor = self._take_lock()
        options = account.options() | {"start_new_session": True, "pass_fds": (descriptor,)}
        try:
            with rotated(self.log).open("ab") as log:
                return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        finally:
            os.close(descriptor)

    def stop(self, signals: Iterable[signal.Signals], seconds: float) -> None:
        """Send each signal in turn until nothing of the server lives, waiting `seconds` after each.

        Raises:
            LocalServiceError: Something survived them all.
        """
        for number in signals:
            for pid in self.processes():
                _send(pid, number)
            if wait_until(lambda: not self.is_alive(), seconds):
                return
        raise LocalServiceError(f"{self.name} does not stop; processes {self.processes()} hold {self.lock}.")

    def last_words(self, lines: int = 8) -> str:
        """Return the end of the log, for a message about a failed start."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _take_lock(self) -> int:
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
        if not wait_until(lambda: _try_lock(descriptor), 5.0):
            os.close(descriptor)
            raise LocalServiceError(
                f"Processes of an earlier {self.name} still hold {self.lock}; stop them first."
            )
        return descriptor


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask `condition` again and again; return whether it came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(pid, number)


def rotated(log: Path) -> Path:
    """Return a log's path, its folder made and its old lines moved aside when there are too many."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def _command_lines() -> Iterator[tuple[int, str]]:
    """Yield number and command line of every process we may see."""
    if not Path("/proc/self/cmdline").exists():
        yield from _command_lines_of_ps()
        return
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                words = Path(entry.path, "cmdline").read_bytes()
            except OSError:  # it ended by itself meanwhile
                continue
            yield int(entry.name), words.replace(b"\0", b" ").decode(errors="replace")


def _command_lines_of_ps() -> Iterator[tuple[int, str]]:
    listing = subprocess.run(["ps", "-axwwo", "pid=,command="], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command.strip()
