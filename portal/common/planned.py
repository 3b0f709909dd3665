"""Statements that stand in the way of every call: put together once, and planned once a connection.

Django puts a statement together anew each time and never prepares it; of a read of one row that takes three
times as long as the answer. What is asked here leaves the same instances as a read through a manager. Where
sessions are handed about by a pooler nothing is prepared (see `DATABASES`), and all else is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, LiteralString, TypeVar

from django.db import connection
from django.db.models import Field, Model
from psycopg import Cursor

M = TypeVar("M", bound=Model)
Values = Sequence[Any] | Mapping[str, Any]


def run(statement: LiteralString, values: Values = ()) -> None:
    """Run a statement that answers nothing."""
    _executed(statement, values)


def row(statement: LiteralString, values: Values = ()) -> tuple[Any, ...] | None:
    """Return the first row of what a statement answers; None where it answers none."""
    return _executed(statement, values).fetchone()


def rows(statement: LiteralString, values: Values = ()) -> list[tuple[Any, ...]]:
    """Return what a statement answers."""
    return _executed(statement, values).fetchall()


def _executed(statement: LiteralString, values: Values) -> Cursor:
    """Execute under the checks of Django's cursors; the whole answer is there when this returns."""
    cursor: Cursor = connection.kept_cursor()  # type: ignore[attr-defined]  # portal/common/database
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return cursor.execute(statement, values, prepare=True)


def instances(model: type[M], tail: LiteralString, values: Values = (), *, joined: str = "") -> list[M]:
    """Return the rows of a model, whole.

    Args:
        model: Whose rows. Of a tenant's the database shows those in the scope in force.
        tail: What follows `FROM table`, such as `WHERE id = %s`; columns that a joined table has as well
            need the table's name.
        values: Of its marks.
        joined: A foreign key that is always set, whose row is read along.
    """
    found = rows(_selection(model, joined) + tail, values)
    if not joined:
        return [_made(model, one) for one in found]
    made, number = [], len(_readers(model))
    for one in found:
        instance = _made(model, one[:number])
        setattr(instance, joined, _made(_other(model, joined), one[number:]))
        made.append(instance)
    return made


@cache
def _selection(model: type[Model], joined: str) -> LiteralString:
    tables, columns = _quoted(model._meta.db_table), _columns(model)
    if joined:
        other = _other(model, joined)
        same = f"{_column(other, other._meta.pk)} = {_column(model, model._meta.get_field(joined))}"
        tables, columns = (
            f"{tables} JOIN {_quoted(other._meta.db_table)} ON {same}",
            columns + _columns(other),
        )
    return f"SELECT {', '.join(columns)} FROM {tables} "  # noqa: S608 - names of our own models


def _other(model: type[Model], joined: str) -> type[Model]:
    found: Any = model._meta.get_field(joined).related_model
    return found  # type: ignore[no-any-return]  # of a foreign key, a model


def _columns(model: type[Model]) -> list[str]:
    return [_column(model, field) for field in model._meta.concrete_fields]


def _column(model: type[Model], field: Any) -> str:
    return f"{_quoted(model._meta.db_table)}.{_quoted(field.column)}"


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@cache
def _readers(model: type[Model]) -> tuple[tuple[str, Any], ...]:
    """Return the name of each column's attribute, and what makes its value of what the database gives."""
    fields: list[Field[Any, Any]] = list(model._meta.concrete_fields)
    return tuple((field.attname, getattr(field, "from_db_value", None)) for field in fields)


def _made(model: type[M], values: Sequence[Any]) -> M:
    readers = _readers(model)
    made = [
        read(value, None, connection) if read else value
        for (_, read), value in zip(readers, values, strict=True)
    ]
    return model.from_db(connection.alias, [name for name, _ in readers], made)
