"""The database: its roles, what it has to bring, and the wall between tenants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from compliance.models import PolicyEpoch, PolicyVersionRecord
from portal.tenancy.kinds import Kind
from portal.web.doctor.findings import Finding, fault

OLDEST_POSTGRES = 160000  # row-level security as used here, and what pgvector 0.8 is built for
OLDEST_VECTOR = (0, 8)


def database() -> Iterator[Finding]:
    """Look whether PostgreSQL answers and is recent enough."""
    try:
        version = int(_value("SHOW server_version_num"))
    except DatabaseError:
        yield fault(
            "The database does not answer.",
            "Start it with `manage.py local up`, or set DATABASE_URL to one that runs.",
        )
        return
    if version < OLDEST_POSTGRES:
        yield fault(f"PostgreSQL {version // 10000} is too old.", "Use PostgreSQL 16 or later.")


def roles() -> Iterator[Finding]:
    """Look whether row-level security binds the role the portal runs as."""
    remedy = "Run portal/local/roles.sql as superuser, and set DATABASE_URL to the role countenance_app."
    name = str(_value("SELECT current_user"))
    if _value("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        yield fault(f"The portal runs as {name}, which row-level security does not bind.", remedy)
    if _value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"):
        yield fault(
            f"The portal runs as {name}, which owns the tables.", f"{remedy} Migrate as another role."
        )
    for role in ("portal_office", "portal_backup"):
        if not _value("SELECT count(*) FROM pg_roles WHERE rolname = %s", role):
            yield fault(f"The role {role} is missing.", remedy)
        elif role == "portal_office":
            yield from _office_role(name, remedy)


def extensions() -> Iterator[Finding]:
    """Look for pgvector."""
    version = _value("SELECT max(extversion) FROM pg_extension WHERE extname = 'vector'")
    if version is None:
        yield fault("The extension vector (pgvector) is missing.", "As superuser: CREATE EXTENSION vector;")
    elif tuple(map(int, str(version).split(".")[:2])) < OLDEST_VECTOR:
        yield fault(f"pgvector {version} is too old.", "Install 0.8 or later; ALTER EXTENSION vector UPDATE;")


def migrations() -> Iterator[Finding]:
    """Look for migrations that wait, and for policies that should be there after them."""
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        yield fault(
            f"Migrations that wait: {waiting}.", "Run `manage.py migrate` with DATABASE_OWNER_URL set."
        )
    elif not PolicyVersionRecord.objects.filter(pack=PolicyEpoch.objects.get().pack).exists():
        yield fault("No policy is in force: everything is refused.", "Run `manage.py migrate` again.")


def walls() -> Iterator[Finding]:
    """Look whether every table of tenants and of the office has its row-level security, forced."""
    guarded = [model._meta.db_table for model in apps.get_models() if _is_guarded(model)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind IN ('r', 'p') "
            "AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname",
            [guarded],
        )
        open_tables = [name for (name,) in cursor.fetchall()]
    if open_tables:
        yield fault(
            f"Without row-level security: {', '.join(open_tables)}. One tenant could read another's rows.",
            "As owner: ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY.",
        )


def _value(query: str, *parameters: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


def _office_role(name: str, remedy: str) -> Iterator[Finding]:
    if not _value("SELECT pg_has_role(current_user, 'portal_office', 'SET')"):
        yield fault(f"{name} cannot take the role portal_office: officers see nothing.", remedy)
    if _value("SELECT pg_has_role(current_user, 'portal_office', 'USAGE')"):
        yield fault(
            f"{name} has the wider view of portal_office all the time.",
            "As superuser: GRANT portal_office TO countenance_app WITH INHERIT FALSE, SET TRUE;",
        )


def _is_guarded(model: type) -> bool:
    return getattr(model, "model_kind", None) in {Kind.OFFICE, Kind.TENANT}
