"""A database that goes away under whoever uses it, and comes back: connections are ended as a restart ends
them, and new ones are turned away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections
from psycopg import sql

from tests.support.database import close_connections
from tests.support.services import join, renamed


@contextmanager
def database_away() -> Iterator[None]:
    """Take away the database that Django is connected to, for as long as the block lasts.

    For a database of one test alone: everybody else in it would lose theirs too.
    """
    name = str(connections.settings["default"]["NAME"])
    with psycopg.connect(renamed(join().services.superuser_url, "postgres"), autocommit=True) as admin:
        admin.execute(_allow(name, "false"))
        try:
            end_connections(admin, name)
            yield
        finally:
            admin.execute(_allow(name, "true"))
            close_connections()


def end_connections(admin: psycopg.Connection, name: str) -> None:
    """End every connection to a database in the words of a server that shuts down."""
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def _allow(name: str, whether: str) -> sql.Composed:
    statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    return statement.format(sql.Identifier(name), sql.SQL(whether))
