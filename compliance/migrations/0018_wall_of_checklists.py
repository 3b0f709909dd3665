"""What officers saw of an organization is the office's own and is never edited."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, insert_only, protect

OFFICE_ONLY = (
    "CREATE POLICY office_only ON compliance_checklistanswer AS RESTRICTIVE "
    "USING (current_user = 'portal_office') WITH CHECK (current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0017_checklist_answers"),)

    operations = (
        protect("compliance_checklistanswer", Kind.OFFICE),
        composite_fk("compliance_checklistanswer", "case_id", "compliance_case"),
        insert_only("compliance_checklistanswer"),
        migrations.RunSQL(OFFICE_ONLY, "DROP POLICY office_only ON compliance_checklistanswer"),
    )
