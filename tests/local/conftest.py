"""Homes with services of their own, beside those that every test run shares."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from portal.local import services
from portal.local.postgres import Postgres
from portal.local.valkey import Valkey


@pytest.fixture(autouse=True)
def no_services_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test run's own services stand in the environment and would win."""
    for name in services.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home, reachable by the account that servers run under, and stopped at the end."""
    yield from _home("one")


@pytest.fixture
def second_home() -> Iterator[Path]:
    yield from _home("two")


@pytest.fixture(scope="session")
def shared_home() -> Iterator[Path]:
    """A home whose services run, for tests that only look or add."""
    yield from _home("shared")


@pytest.fixture
def shared(shared_home: Path) -> services.Services:
    return services.up(shared_home)


@pytest.fixture(scope="session")
def kept_home() -> Iterator[Path]:
    yield from _home("kept")


@pytest.fixture
def written_home(kept_home: Path) -> Path:
    """A home whose services run and hold something that no accident may take."""
    is_new = not kept_home.exists()
    found = services.up(kept_home)
    if is_new:
        write_something(found)
    return kept_home


def write_something(found: services.Services) -> None:
    with psycopg.connect(found.database_owner_url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
    with redis.from_url(found.redis_url) as client:
        client.set("kept", "still here")


def _home(name: str) -> Iterator[Path]:
    folder = Path(os.environ["COUNTENANCE_HOME"]) / "homes" / name
    _wipe(folder)
    yield folder
    _wipe(folder)


def _wipe(folder: Path) -> None:
    """Kill what runs: a clean stop would first write to disk what is deleted next."""
    for server in (Postgres(folder, {}).server, Valkey(folder, {}).server):
        server.stop([signal.SIGKILL], 20.0)
    shutil.rmtree(folder, ignore_errors=True)
