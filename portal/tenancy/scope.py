"""Scopes: the only way to reach rows that belong to an organization.

A scope is a transaction with a setting that row-level security reads. The database is the second wall:
without the setting it shows no row of any tenant, and the managers here raise before it comes to that,
because an empty page in place of an error is the worst outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from portal.common import planned

_ENTER = "SELECT set_config('app.tenant', %s, true)"


class Owner(Protocol):
    """An organization, as far as a scope needs to know it."""

    @property
    def pk(self) -> UUID:
        """Its id."""


class ScopeRequired(RuntimeError):
    """Tenant data was asked for outside a scope: a mistake of ours, never of the caller's."""


@dataclass(frozen=True)
class Scope:
    """What the current transaction may see."""

    organization_id: UUID | None  # None: the compliance office, which sees office rows of every organization
    # What was opened in it and is needed again, such as keys; it ends with the scope.
    opened: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current() -> Scope | None:
    """Return the scope in force, if any."""
    return _current.get()


def organization_in_scope() -> UUID:
    """Return whose scope is in force, for statements that no manager stands before.

    Raises:
        ScopeRequired: Nobody's, or the office's.
    """
    scope = current()
    if scope is None or scope.organization_id is None:
        raise ScopeRequired("Rows of an organization are reached inside a tenant scope only.")
    return scope.organization_id


@contextmanager
def tenant_scope(organization: Owner | UUID) -> Iterator[UUID]:
    """Open a transaction that sees one organization's rows, and yield the organization's id.

    It is `atomic(durable=True)`: what happened inside is committed when it ends. It does not nest, since
    after an inner scope the outer one would read the inner tenant's rows.

    Raises:
        RuntimeError: Inside another scope or transaction.
    """
    organization_id = organization if isinstance(organization, UUID) else organization.pk
    with _scope(Scope(organization_id), leave="SELECT set_config('app.tenant', '', true)"):
        planned.run(_ENTER, [str(organization_id)])
        yield organization_id


@contextmanager
def beside(organization_id: UUID) -> Iterator[None]:
    """See one organization's rows beside what an open transaction does: in its scope, or where none is open.

    For what has to be kept or lost with a write of the platform's own tables, which needs no scope.

    Raises:
        RuntimeError: Inside the scope of somebody else.
    """
    scope = _current.get()
    if scope is not None:
        if scope.organization_id != organization_id:
            raise RuntimeError("Another scope is in force.")
        yield
        return
    token = _current.set(Scope(organization_id))
    try:
        planned.run(_ENTER, [str(organization_id)])
        yield
    finally:
        _current.reset(token)
        _leave("SELECT set_config('app.tenant', '', true)")


@contextmanager
def officer_scope() -> Iterator[None]:
    """Open a transaction of the compliance office: office rows of all organizations, no tenant row of any.

    Raises:
        RuntimeError: Inside another scope or transaction.
    """
    with _scope(Scope(None), leave="RESET ROLE"):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_office")
        yield


@contextmanager
def _scope(scope: Scope, *, leave: str) -> Iterator[None]:
    if _current.get() is not None:
        raise RuntimeError("Scopes do not nest: end the one in force first.")
    # The end of the transaction ends the setting too, and saves a trip to the database before every shard;
    # only a test that wraps everything in a transaction of its own has none here.
    ends_by_itself = not connection.in_atomic_block
    with transaction.atomic(durable=True):
        token = _current.set(scope)
        try:
            yield
        finally:
            _current.reset(token)
            if not ends_by_itself:
                _leave(leave)


def _leave(statement: str) -> None:
    """Undo the scope's setting; a broken transaction is rolled back and undoes it by itself."""
    if connection.connection is None or connection.connection.closed or connection.needs_rollback:
        return
    if connection.connection.info.transaction_status.name == "INTRANS":
        with connection.cursor() as cursor:
            cursor.execute(statement)
