"""When rows were committed, as the database itself recorded it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Model

from portal.tenancy.scope import tenant_scope
from recognition.models import Job

_WRITTEN = """
SELECT pg_xact_commit_timestamp(item.xmin) FROM recognition_item AS item
WHERE item.job_id = %(job)s AND item.status = 'done'
UNION ALL
SELECT pg_xact_commit_timestamp(face.xmin) FROM recognition_foundface AS face
JOIN recognition_item AS item ON item.id = face.item_id WHERE item.job_id = %(job)s
"""


def of_results(job: Job) -> list[datetime]:
    """Return when each result row of a job was committed: items done, faces found."""
    with tenant_scope(job.organization_id), connection.cursor() as cursor:
        cursor.execute(_WRITTEN, {"job": job.pk})
        return [moment for (moment,) in cursor.fetchall()]


def of(row: Model) -> datetime:
    """Return when a row of the platform was committed."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(row._meta.db_table)
        cursor.execute(f"SELECT pg_xact_commit_timestamp(xmin) FROM {table} WHERE id = %s", [row.pk])  # noqa: S608
        return cursor.fetchone()[0]
