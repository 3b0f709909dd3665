"""Start, stop and find the embedded PostgreSQL and Valkey of a home folder.

A server named by `DATABASE_URL` or `REDIS_URL` wins over the embedded one, which is then not started.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.local import postgres, state, valkey
from portal.local.errors import LocalServiceError
from portal.local.postgres import OWNER, RUNTIME, SUPERUSER, Postgres
from portal.local.valkey import Valkey

VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
START_HINT = "Start them with `python manage.py local up`, or set DATABASE_URL and REDIS_URL."


@dataclass(frozen=True)
class Services:
    """The addresses of a home's services; an empty one is not known.

    Attributes:
        database_url: For the portal and its workers.
        database_owner_url: For migrations.
        redis_url: For both.
        superuser_url: Only of an embedded PostgreSQL; for tests that make databases.
    """

    database_url: str
    database_owner_url: str
    redis_url: str
    superuser_url: str

    def environment(self) -> dict[str, str]:
        """Return the variables that lead a process to these services, without the unknown ones."""
        values = (self.database_url, self.database_owner_url, self.redis_url)
        return {name: value for name, value in zip(VARIABLES, values, strict=True) if value}


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
        servers = _embedded(home, remembered, throwaway=throwaway)
        for server in servers:
            try:
                server.up()
            finally:
                state.save(home, remembered)
    return _services(servers)


def down(home: Path) -> None:
    """Stop what runs under `home`; open sessions end and their transactions roll back."""
    if not home.exists():
        return
    with state.locked(home):
        remembered = state.load(home) or _new_state()
        Valkey(home, remembered).down()
        Postgres(home, remembered).down()


def status(home: Path) -> list[Status]:
    """Return what is known about each embedded service of `home`."""
    remembered = state.load(home) or _new_state()
    servers = {"postgres": Postgres(home, remembered).server, "valkey": Valkey(home, remembered).server}
    return [
        Status(one.name, one.is_alive(), remembered[key].get("port"), str(one.folder), str(one.log))
        for key, one in servers.items()
    ]


def environment(home: Path) -> dict[str, str]:
    """Return the variables that lead to services already running, without those that are not.

    Cheap and starts nothing: settings call it whenever they load.
    """
    remembered = state.load(home) or _new_state()
    servers = _embedded(home, remembered, throwaway=False)
    return _services([server for server in servers if server.is_known()]).environment()


def require(home: Path) -> dict[str, str]:
    """Return `environment`, complete.

    Raises:
        LocalServiceError: A service that the environment does not name is not running.
    """
    found = environment(home)
    missing = [name for name in VARIABLES if name not in found]
    if missing:
        raise LocalServiceError(
            f"Not running under {home}: what {', '.join(missing)} would name. {START_HINT}"
        )
    return found


def _embedded(home: Path, remembered: state.State, *, throwaway: bool) -> list[Postgres | Valkey]:
    """Return the services that the environment does not name."""
    servers: list[Postgres | Valkey] = []
    if throwaway or not _given("DATABASE_URL"):
        servers.append(Postgres(home, remembered, throwaway))
    if throwaway or not _given("REDIS_URL"):
        servers.append(Valkey(home, remembered, throwaway))
    return servers


def _services(servers: Iterable[Postgres | Valkey]) -> Services:
    """Return the addresses of embedded servers, and what the environment names in place of others."""
    cluster = next((server for server in servers if isinstance(server, Postgres)), None)
    broker = next((server for server in servers if isinstance(server, Valkey)), None)
    given = _given("DATABASE_URL")
    return Services(
        database_url=cluster.address(RUNTIME) if cluster else given,
        database_owner_url=cluster.address(OWNER) if cluster else _given("DATABASE_OWNER_URL") or given,
        redis_url=broker.address() if broker else _given("REDIS_URL"),
        superuser_url=cluster.address(SUPERUSER, "postgres") if cluster else "",
    )


def _load_or_create(home: Path) -> state.State:
    remembered = state.load(home)
    if not remembered:
        remembered = _new_state()
        state.save(home, remembered)
    return remembered


def _new_state() -> state.State:
    return {"postgres": postgres.new_state(), "valkey": valkey.new_state()}


def _given(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return a variable, or the text of the file that NAME_FILE names; empty when unset."""
    if path := environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return environ.get(name, "")
