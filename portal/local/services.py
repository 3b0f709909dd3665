"""Start, stop and find the embedded PostgreSQL and Valkey of a home folder.

A server named by `DATABASE_URL` or `REDIS_URL` wins over the embedded one, which is then not started.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from portal.local import postgres, state, valkey
from portal.local.errors import LocalServiceError
from portal.local.postgres import OWNER, RUNTIME, SUPERUSER, Postgres
from portal.local.process import Server
from portal.local.valkey import Valkey

START_HINT = "Start them with `python manage.py local up`, or set DATABASE_URL and REDIS_URL."


@dataclass(frozen=True)
class Services:
    """The addresses of a home's services.

    Attributes:
        database_url: For the portal and its workers.
        database_owner_url: For migrations.
        redis_url: For both.
        superuser_url: Only of an embedded PostgreSQL; for tests that make databases.
    """

    database_url: str
    database_owner_url: str
    redis_url: str
    superuser_url: str | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables that lead a process to these services."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
        }


@dataclass(frozen=True)
class Status:
    """What is known about one embedded service; `port` is None before the first start."""

    name: str
    running: bool
    port: int | None
    folder: str
    log: str


def up(home: Path, *, throwaway: bool = False) -> Services:
    """Start what is not running yet; return the addresses of all.

    Args:
        home: Folder that keeps all their state; made if missing.
        throwaway: For tests: fast, lost when the machine (not a process) dies, deaf to the environment.

    Raises:
        LocalServiceError: One does not start; the text says why and what to do.
    """
    with state.locked(home):
        remembered = _load_or_create(home)
        for server in _embedded(home, remembered, throwaway=throwaway):
            try:
                server.up()
            finally:
                state.save(home, remembered)
    return _services(home, remembered, throwaway=throwaway)


def down(home: Path) -> None:
    """Stop what runs under `home`; open sessions end and their transactions roll back."""
    if not home.exists():
        return
    with state.locked(home):
        remembered = state.load(home)
        if remembered:
            Valkey(home, remembered).down()
            Postgres(home, remembered).down()


def status(home: Path) -> list[Status]:
    """Return what is known about each embedded service of `home`."""
    remembered = state.load(home)
    if not remembered:
        return []
    return [
        Status(
            server.name, server.is_alive(), remembered[key].get("port"), str(server.folder), str(server.log)
        )
        for key, server in _servers(home, remembered)
    ]


def environment(home: Path) -> dict[str, str]:
    """Return the variables that lead to services already running; cheap, starts nothing.

    Raises:
        LocalServiceError: One that the environment does not name is not running.
    """
    remembered = state.load(home)
    for server in _embedded(home, remembered or _new_state(), throwaway=False):
        if not server.is_known():
            raise LocalServiceError(f"{server.server.name} is not running under {home}. {START_HINT}")
    return _services(home, remembered, throwaway=False).environment()


def as_dicts(home: Path) -> list[dict[str, Any]]:
    """Return `status` as plain dictionaries."""
    return [asdict(entry) for entry in status(home)]


def _embedded(home: Path, remembered: state.State, *, throwaway: bool) -> list[Postgres | Valkey]:
    """Return the services that the environment does not name."""
    servers: list[Postgres | Valkey] = []
    if throwaway or not _given("DATABASE_URL"):
        servers.append(Postgres(home, remembered, throwaway))
    if throwaway or not _given("REDIS_URL"):
        servers.append(Valkey(home, remembered, throwaway))
    return servers


def _services(home: Path, remembered: state.State, *, throwaway: bool) -> Services:
    kinds = {type(server): server for server in _embedded(home, remembered, throwaway=throwaway)}
    cluster, broker = kinds.get(Postgres), kinds.get(Valkey)
    given = _given("DATABASE_URL")
    return Services(
        database_url=cluster.address(RUNTIME) if isinstance(cluster, Postgres) else given,
        database_owner_url=(
            cluster.address(OWNER) if isinstance(cluster, Postgres) else _given("DATABASE_OWNER_URL") or given
        ),
        redis_url=broker.address() if isinstance(broker, Valkey) else _given("REDIS_URL"),
        superuser_url=cluster.address(SUPERUSER, "postgres") if isinstance(cluster, Postgres) else None,
    )


def _servers(home: Path, remembered: state.State) -> list[tuple[str, Server]]:
    return [("postgres", Postgres(home, remembered).server), ("valkey", Valkey(home, remembered).server)]


def _load_or_create(home: Path) -> state.State:
    remembered = state.load(home)
    if not remembered:
        remembered = _new_state()
        state.save(home, remembered)
    return remembered


def _new_state() -> state.State:
    return {
        "postgres": postgres.new_state(),
        "valkey": valkey.new_state(),
    }


def _given(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a variable, or the text of the file that NAME_FILE names; empty when unset."""
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return environ.get(name, "")
