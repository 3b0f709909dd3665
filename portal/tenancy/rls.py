"""Migration operations for the database's own wall: row-level security, composite keys, insert-only tables.

A foreign key check runs past row-level security and so tells whether another tenant's row exists. Hence
references between rows of tenants are composite, `(organization_id, x_id)`, which Django 5.2 cannot declare:
models use `ForeignKey(db_constraint=False)` and migrations add the real key with `composite_fk`.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

from portal.tenancy.kinds import Kind

_TENANT = "organization_id = NULLIF(current_setting('app.tenant', true), '')::uuid"


def protect(table: str, kind: Kind, *, office: str = "SELECT, INSERT, UPDATE") -> RunSQL:
    """Put a table behind its wall.

    Args:
        table: Name of the table.
        kind: Platform tables get no row policy, office and tenant tables are bound to the scope.
        office: What the compliance office may do with a platform or office table.
    """
    forward, backward = [], []
    if kind is not Kind.PLATFORM:
        forward += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} USING ({_TENANT}) WITH CHECK ({_TENANT})",
        ]
        backward += [
            f"DROP POLICY tenant ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ]
    if kind is Kind.OFFICE:
        forward.append(f"CREATE POLICY office ON {table} TO portal_office USING (true) WITH CHECK (true)")
        backward.insert(0, f"DROP POLICY office ON {table}")
    if kind is Kind.TENANT:
        forward.append(f"REVOKE ALL ON {table} FROM portal_office")
    else:
        forward.append(f"GRANT {office} ON {table} TO portal_office")
        backward.insert(0, f"REVOKE ALL ON {table} FROM portal_office")
    return RunSQL(";\n".join(forward), ";\n".join(backward))


def composite_key(*tables: str) -> RunSQL:
    """Give tables the unique key that composite references point at."""
    return RunSQL(
        ";\n".join(
            f"ALTER TABLE {t} ADD CONSTRAINT {t}_owner_key UNIQUE (organization_id, id)" for t in tables
        ),
        ";\n".join(f"ALTER TABLE {t} DROP CONSTRAINT {t}_owner_key" for t in tables),
    )


def composite_fk(table: str, column: str, parent: str, *, on_delete: str = "NO ACTION") -> RunSQL:
    """Add the reference `(organization_id, column)` to `(organization_id, id)` of `parent`."""
    name = f"{table}_{column}_owned_fk"
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {column}) "
        f"REFERENCES {parent} (organization_id, id) ON DELETE {on_delete} DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


def insert_only(table: str, *, updatable: Sequence[str] = ()) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on a table, to every role and in every replication mode.

    Args:
        table: Name of the table.
        updatable: Columns that may change after all (say, `open` of a ruling); everything else may not.
    """
    columns = ", ".join(f"'{column}'" for column in updatable)
    unchanged = f"to_jsonb(NEW) - ARRAY[{columns}] = to_jsonb(OLD) - ARRAY[{columns}]" if columns else "false"
    function = f"{table}_insert_only"
    return RunSQL(
        f"""
        CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND TG_LEVEL = 'ROW' THEN
                IF {unchanged} THEN RETURN NEW; END IF;
            END IF;
            RAISE EXCEPTION 'rows of {table} are never changed or deleted'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {function} BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {function}();
        CREATE TRIGGER {function}_all BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {function}();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {function};
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {function}_all;
        """,
        f"DROP TRIGGER {function} ON {table}; DROP TRIGGER {function}_all ON {table}; "
        f"DROP FUNCTION {function}()",
    )
