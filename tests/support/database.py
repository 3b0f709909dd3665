"""Databases for tests: one migrated template, cloned for every process, never flushed.

Insert-only tables forbid TRUNCATE, so nothing here empties a table: a test that needs a pristine database
gets a clone of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
from django.db import connections
from psycopg import sql

from portal.env import ROOT
from portal.local.postgres import OWNER
from tests.support.services import HOME, Run, join, renamed

TEMPLATES_KEPT = 3  # a run that started before the last change of a migration may still clone its own
ALSO_IN_A_MIGRATED_DATABASE = ("portal/tenancy/rls.py", "portal/local/roles.sql", "uv.lock")
_numbers = itertools.count()


def template(run: Run) -> str:
    """Return the name of the migrated template, building it when a migration changed since the last one."""
    name = f"template_{_fingerprint()}"
    with (HOME / "template.lock").open("a") as lock, _superuser(run) as admin:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name not in _databases(admin, "template_%"):
            _build(run, admin, name)
            _drop_old_templates(admin)
    return name


@contextlib.contextmanager
def clone(run: Run, source: str, name: str) -> Iterator[str]:
    """Copy a database for as long as the block lasts."""
    with _superuser(run) as admin:
        _drop(admin, name)
        _create(admin, name, source)
    try:
        yield name
    finally:
        with _superuser(run) as admin:
            _drop(admin, name)


@contextlib.contextmanager
def switched(name: str) -> Iterator[None]:
    """Point Django's connections at another database for as long as the block lasts."""
    settings = connections.settings["default"]
    before = settings["NAME"]
    close_connections()
    settings["NAME"] = name
    try:
        yield
    finally:
        close_connections()
        settings["NAME"] = before


def close_connections() -> None:
    """Close this thread's connections, and the pool behind them if there is one."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()


def as_superuser(statement: str, *values: object) -> None:
    """Do in the database that Django is connected to what no role of ours may."""
    address = renamed(join().services.superuser_url, str(connections.settings["default"]["NAME"]))
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(statement, values or None)


def fresh_name(run: Run) -> str:
    """Return a name no other database of this process has had."""
    return f"{run.database}_{next(_numbers)}"


def _build(run: Run, admin: psycopg.Connection, name: str) -> None:
    draft = f"draft_{name}"
    _drop(admin, draft)
    _create(admin, draft, "template1")
    environment = os.environ | run.environment(draft)
    command = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"The test database could not be migrated:\n{done.stderr}")
    admin.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
    )


def _fingerprint() -> str:
    """Return a digest of all that decides what a migrated database looks like."""
    packages = [ROOT / name for name in ("portal", "compliance", "recognition")]
    files = [path for package in packages for path in package.rglob("migrations/*.py")]
    files += [*packages[1].rglob("*.toml"), *(ROOT / name for name in ALSO_IN_A_MIGRATED_DATABASE)]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _drop_old_templates(admin: psycopg.Connection) -> None:
    for name in _databases(admin, "template_%")[TEMPLATES_KEPT:]:
        with contextlib.suppress(psycopg.errors.ObjectInUse):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _databases(admin: psycopg.Connection, pattern: str) -> list[str]:
    """Return the names of databases, newest first."""
    query = "SELECT datname FROM pg_database WHERE datname LIKE %s AND NOT datistemplate ORDER BY oid DESC"
    return [name for (name,) in admin.execute(query, [pattern])]


def _create(admin: psycopg.Connection, name: str, source: str) -> None:
    names = {"name": sql.Identifier(name), "source": sql.Identifier(source), "owner": sql.Identifier(OWNER)}
    # Copying files beats writing the copy to the log, which is for clusters that must survive.
    admin.execute(
        sql.SQL("CREATE DATABASE {name} TEMPLATE {source} OWNER {owner} STRATEGY FILE_COPY").format(**names)
    )


def _drop(admin: psycopg.Connection, name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _superuser(run: Run) -> psycopg.Connection:
    return psycopg.connect(renamed(run.services.superuser_url, "postgres"), autocommit=True)
