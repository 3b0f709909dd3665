"""A second look is the office's check on itself and is answered once; a view belongs to one officer."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, insert_only, protect

OFFICE_ONLY = (
    "CREATE POLICY office_only ON compliance_secondlook AS RESTRICTIVE "
    "USING (current_user = 'portal_office') WITH CHECK (current_user = 'portal_office')"
)
ANSWER = ("outcome", "moratorium_status", "reasons", "agrees", "judged_at")


class Migration(migrations.Migration):
    dependencies = (("compliance", "0031_second_looks_and_views"),)

    operations = (
        protect("compliance_secondlook", Kind.OFFICE),
        composite_fk("compliance_secondlook", "case_id", "compliance_case"),
        composite_fk("compliance_secondlook", "determination_id", "compliance_determination"),
        insert_only("compliance_secondlook", updatable=ANSWER),
        migrations.RunSQL(OFFICE_ONLY, "DROP POLICY office_only ON compliance_secondlook"),
        protect("compliance_savedview", Kind.PLATFORM, office="SELECT, INSERT, UPDATE, DELETE"),
    )
