"""A conflict of interest is the office's to know and is never taken back."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, insert_only, protect

OFFICE_ONLY = (
    "CREATE POLICY office_only ON compliance_recusal AS RESTRICTIVE "
    "USING (current_user = 'portal_office') WITH CHECK (current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0015_recusals"),)

    operations = (
        protect("compliance_recusal", Kind.OFFICE),
        composite_fk("compliance_recusal", "case_id", "compliance_case"),
        insert_only("compliance_recusal"),
        migrations.RunSQL(OFFICE_ONLY, "DROP POLICY office_only ON compliance_recusal"),
    )
