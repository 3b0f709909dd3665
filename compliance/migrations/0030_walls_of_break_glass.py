"""The tenant reads who asked to see what; only the office writes it, and what was named never changes."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import insert_only, protect

WRITTEN_BY_THE_OFFICE = (
    "CREATE POLICY written_by_the_office ON compliance_breakglass AS RESTRICTIVE "
    "USING (true) WITH CHECK (current_user = 'portal_office')"
)
CHANGES = ("status", "decided_by_id", "decided_at", "expires_at", "ended_at")


class Migration(migrations.Migration):
    """Walls of break-glass."""

    dependencies = (("compliance", "0029_break_glass"),)

    operations = (
        protect("compliance_breakglass", Kind.OFFICE),
        insert_only("compliance_breakglass", updatable=CHANGES),
        migrations.RunSQL(
            WRITTEN_BY_THE_OFFICE, "DROP POLICY written_by_the_office ON compliance_breakglass"
        ),
    )
