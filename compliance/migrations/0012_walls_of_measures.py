"""A measure is written by the office alone; what was done and why is never changed, only what came of it."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, insert_only, protect

TAKEN_BY_THE_OFFICE = (
    "CREATE POLICY taken_by_the_office ON compliance_measure AS RESTRICTIVE "
    "USING (true) WITH CHECK (current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0011_measures"),)

    operations = (
        protect("compliance_measure", Kind.OFFICE),
        composite_fk("compliance_measure", "case_id", "compliance_case"),
        insert_only(
            "compliance_measure",
            updatable=("status", "judged_by_id", "judged_at", "escalated_at", "lifted_at"),
        ),
        migrations.RunSQL(TAKEN_BY_THE_OFFICE, "DROP POLICY taken_by_the_office ON compliance_measure"),
    )
