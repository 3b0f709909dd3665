"""A demand shows to its organization once it was told; a hold is seen where purging runs, and only lifted."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, insert_only, protect

TOLD = (
    "CREATE POLICY told ON compliance_legaldemand AS RESTRICTIVE "
    "USING (told_at IS NOT NULL OR current_user = 'portal_office') "
    "WITH CHECK (current_user = 'portal_office')"
)
PLACED_BY_THE_OFFICE = (
    "CREATE POLICY placed_by_the_office ON compliance_legalhold AS RESTRICTIVE "
    "USING (true) WITH CHECK (current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0009_legal_demands"),)

    operations = (
        protect("compliance_legaldemand", Kind.OFFICE),
        protect("compliance_legalhold", Kind.OFFICE),
        composite_key("compliance_legaldemand"),
        composite_fk("compliance_legaldemand", "case_id", "compliance_case"),
        composite_fk("compliance_legalhold", "demand_id", "compliance_legaldemand"),
        insert_only(
            "compliance_legaldemand",
            updatable=("told_at", "answer", "answer_text", "answered_by_id", "answered_at"),
        ),
        insert_only("compliance_legalhold", updatable=("lifted_by_id", "lifted_at")),
        migrations.RunSQL(TOLD, "DROP POLICY told ON compliance_legaldemand"),
        migrations.RunSQL(PLACED_BY_THE_OFFICE, "DROP POLICY placed_by_the_office ON compliance_legalhold"),
    )
