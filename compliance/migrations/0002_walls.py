"""Row-level security, composite references and insert-only triggers; the one row of the policy epoch."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, insert_only, protect

OFFICE = (
    "compliance_application",
    "compliance_evidence",
    "compliance_case",
    "compliance_casemessage",
    "compliance_recommendation",
    "compliance_determination",
    "compliance_grant",
    "compliance_rulingrecord",
)
PARENTS = ("compliance_application", "compliance_case", "compliance_determination")
REFERENCES = (
    ("compliance_evidence", "application_id", "compliance_application"),
    ("compliance_case", "application_id", "compliance_application"),
    ("compliance_casemessage", "case_id", "compliance_case"),
    ("compliance_recommendation", "case_id", "compliance_case"),
    ("compliance_determination", "case_id", "compliance_case"),
    ("compliance_grant", "determination_id", "compliance_determination"),
)
INTERNAL_STAYS_INSIDE = (
    "CREATE POLICY internal ON compliance_casemessage AS RESTRICTIVE FOR SELECT "
    "USING (NOT internal OR current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0001_initial"), ("tenancy", "0002_walls"))

    operations = (
        *(protect(table, Kind.OFFICE) for table in OFFICE),
        protect("compliance_enduser", Kind.PLATFORM, office="SELECT, INSERT"),
        protect("compliance_policyversionrecord", Kind.PLATFORM),
        protect("compliance_policyepoch", Kind.PLATFORM, office="SELECT, UPDATE"),
        composite_key(*PARENTS),
        *(composite_fk(*reference) for reference in REFERENCES),
        insert_only("compliance_recommendation"),
        insert_only("compliance_determination"),
        insert_only("compliance_grant"),
        insert_only("compliance_casemessage"),
        insert_only("compliance_rulingrecord", updatable=("open",)),
        insert_only(
            "compliance_policyversionrecord", updatable=("countersigned_by", "ratified_at", "withdrawn_at")
        ),
        migrations.RunSQL(INTERNAL_STAYS_INSIDE, "DROP POLICY internal ON compliance_casemessage"),
        migrations.RunSQL(
            "INSERT INTO compliance_policyepoch (id, epoch, pack) VALUES (1, 0, 'countenance-default')",
            "DELETE FROM compliance_policyepoch",
        ),
    )
