"""Which organizations a sweep has to enter: a scope for each of ten thousand idle ones would take it minutes.

The walls stay as they are. The database is asked about one organization at a time, under that organization's
setting; only the waiting for each answer is saved, and the making of the same SQL ten thousand times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import QuerySet

from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope

Read: TypeAlias = Callable[[], QuerySet[Any]]
_AT_ONCE = 500  # organizations asked about in one transaction
_ENTER = "SELECT set_config('app.tenant', %s, true)"
_ANYBODY = UUID(int=0)  # stands in the SQL where the organization's id goes; nobody's id


def organizations_with(*reads: Read) -> list[UUID]:
    """Return the ids of the organizations in which any of these reads has a row, in order of their ids.

    What is found may be gone, and more may have come, when a scope is entered: look again there.

    Args:
        reads: Each returns rows of the scope in force; called once, not once for each organization.

    Raises:
        RuntimeError: Inside a scope or transaction.
    """
    keys = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
    chunks = (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
    return [key for chunk in chunks for key in _among(chunk, reads)]


def _among(keys: Sequence[UUID], reads: Sequence[Read]) -> list[UUID]:
    with tenant_scope(_ANYBODY):
        question, values = _question(reads)
        return [key for key, answer in zip(keys, _answers(keys, question, values), strict=True) if answer]


def _question(reads: Sequence[Read]) -> tuple[str, list[Any]]:
    """Return SQL that says whether any read has a row, with `_ANYBODY` in its values."""
    compiled = [read().query.exists().get_compiler(connection=connection).as_sql() for read in reads]
    return (
        "SELECT " + " OR ".join(f"EXISTS ({sql})" for sql, _ in compiled),
        [value for _, values in compiled for value in values],
    )


def _answers(keys: Sequence[UUID], question: str, values: list[Any]) -> list[bool]:
    """Ask about one organization after the other without waiting for each answer."""
    driver: psycopg.Connection[Any] = connection.connection
    asked = []
    with driver.pipeline():
        for key in keys:
            psycopg.Cursor(driver).execute(_ENTER, [str(key)], prepare=True)
            own = [key if value == _ANYBODY else value for value in values]
            asked.append(psycopg.Cursor(driver).execute(question, own, prepare=True))
    return [bool(cursor.fetchall()[0][0]) for cursor in asked]
