"""Only the office declares and withdraws conflicts; an organization's scope reads whom a draw leaves out."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, insert_only, protect

_OFFICE = "current_user = 'portal_office'"
_TABLE = "compliance_organizationrecusal"
OFFICE_WRITES = (
    f"CREATE POLICY office_inserts ON {_TABLE} AS RESTRICTIVE FOR INSERT WITH CHECK ({_OFFICE});"
    f"CREATE POLICY office_updates ON {_TABLE} AS RESTRICTIVE FOR UPDATE USING ({_OFFICE})"
)
ANYBODY_WRITES = f"DROP POLICY office_updates ON {_TABLE}; DROP POLICY office_inserts ON {_TABLE}"
WITHDRAWAL = ("withdrawn_by_id", "withdrawn_at")


class Migration(migrations.Migration):
    dependencies = (("compliance", "0035_organization_recusals"),)

    operations = (
        protect(_TABLE, Kind.OFFICE),
        composite_key("compliance_recusal"),
        composite_fk(_TABLE, "recusal_id", "compliance_recusal"),
        insert_only(_TABLE, updatable=WITHDRAWAL),
        migrations.RunSQL(OFFICE_WRITES, ANYBODY_WRITES),
    )
