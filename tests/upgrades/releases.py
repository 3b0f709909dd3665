"""Databases as an older release left them: its schema, full of rows, and brought up to now."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from portal.env import ROOT
from tests.support import database as databases
from tests.support.services import Run, renamed
from tests.upgrades.filling import Filler

RELEASES = {
    "first": {
        "recognition": "0005_wall_of_exports",
        "compliance": "0005_walls_of_proposals",
        "tenancy": "0002_walls",
        "portal_api": "0002_walls",
        "audit": "0001_initial",
    },
    "second": {
        "recognition": "0014_notices_name_letters_by_key",
        "compliance": "0033_more_records",
        "tenancy": "0005_key_networks",
        "portal_api": "0002_walls",
        "audit": "0001_initial",
    },
}
MIGRATE = """
import django, sys
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate([tuple(one.split(".")) for one in sys.argv[1:]])
"""
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def upgraded(run: Run, release: str) -> Iterator[tuple[str, Rows]]:
    """Make a filled database of a release, migrate it to now, and yield its name and the rows it had."""
    name = databases.fresh_name(run)
    with databases.clone(run, "template1", name):
        address = renamed(run.services.superuser_url, name)
        environment = os.environ | run.environment(name)
        environment |= {"DATABASE_URL": environment["DATABASE_OWNER_URL"]}
        environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings"}
        targets = RELEASES[release]
        _do([sys.executable, "-c", MIGRATE, *(f"{app}.{last}" for app, last in targets.items())], environment)
        with psycopg.connect(address) as owner:
            Filler(owner, list(targets.items())).fill()
            owner.commit()
            before = all_rows(owner)
        _do([sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0"], environment)
        yield name, before


def all_rows(connection: psycopg.Connection) -> Rows:
    """Return every row of every table, past row-level security."""
    return {table: rows_of(connection, table) for table in tables(connection)}


def rows_of(connection: psycopg.Connection, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them."""
    statement = sql.SQL("SELECT to_jsonb(one) FROM {} AS one").format(sql.Identifier(table))
    return [row for (row,) in connection.execute(statement)]


def tables(connection: psycopg.Connection) -> list[str]:
    """Return the names of all tables."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    return [name for (name,) in connection.execute(query)]


def _do(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
