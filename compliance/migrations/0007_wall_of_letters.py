"""A letter to officers has no organization: anybody's transaction may write it, only the office reads it."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import protect

TO_OFFICERS = "CREATE POLICY to_officers ON compliance_letter FOR INSERT WITH CHECK (organization_id IS NULL)"


class Migration(migrations.Migration):
    dependencies = (("compliance", "0006_letters"),)

    operations = (
        protect("compliance_letter", Kind.OFFICE),
        migrations.RunSQL(TO_OFFICERS, "DROP POLICY to_officers ON compliance_letter"),
    )
