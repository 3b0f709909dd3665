"""Inserting rows where it has to be quick: the gate writes a ruling and its event before every shard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, LiteralString

from django.db import connection
from django.db.models import Model

from portal.common import planned


def insert(*rows: Model) -> None:
    """Insert new rows as `save` would, together and in one trip to the database. Inside a transaction.

    The statement is put together once a process instead of with every row, and planned once a connection
    where that may prepare statements. Columns that the database fills are read back. The rows must not refer
    to each other.
    """
    values = [value for row in rows for value in _values(row)]
    filled = iter(planned.row(_statement(*(row.__class__ for row in rows)), values) or ())
    for row in rows:
        _keep(row, filled)


@cache
def _statement(*models: type[Model]) -> LiteralString:
    """Return one statement that inserts a row of each model and gives what the database filled in."""
    parts = [f"new_{place} AS ({_insertion(model)})" for place, model in enumerate(models)]
    names = [f"new_{place}" for place in range(len(models))]
    everything = ", ".join(f"{name}.*" for name in names)
    return f"WITH {', '.join(parts)} SELECT {everything} FROM {', '.join(names)}"  # noqa: S608 - as below


def _insertion(model: type[Model]) -> str:
    quote = connection.ops.quote_name
    given = [column for column in model._meta.concrete_fields if not column.has_db_default()]
    names = ", ".join(quote(str(column.column)) for column in given)
    marks = ", ".join(["%s"] * len(given))
    filled = ", ".join(quote(name) for name in _filled(model)) or "NULL"
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks}) RETURNING {filled}"  # noqa: S608 - names of our own models, values apart


@cache
def _filled(model: type[Model]) -> tuple[str, ...]:
    return tuple(str(column.column) for column in model._meta.concrete_fields if column.has_db_default())


def _values(row: Model) -> list[Any]:
    return [
        column.get_db_prep_save(getattr(row, column.attname), connection)
        for column in row._meta.concrete_fields
        if not column.has_db_default()
    ]


def _keep(row: Model, filled: Iterator[Any]) -> None:
    """Note on an instance what the database filled in, and that it is stored."""
    for name in _filled(row.__class__) or (None,):
        value = next(filled)
        if name:
            setattr(row, name, value)
    row._state.adding, row._state.db = False, connection.alias
