"""Officers alone read what outsiders wrote and how colleagues voted; what was written is not changed."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, insert_only, protect

OFFICE = "current_user = 'portal_office'"
OFFICE_ONLY = ("compliance_intake", "compliance_urgentvote")
WRITTEN_BY_THE_OFFICE = ("compliance_breach", "compliance_breachaction")


def policy(table: str, name: str, using: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE POLICY {name} ON {table} AS RESTRICTIVE USING ({using}) WITH CHECK ({OFFICE})",
        f"DROP POLICY {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = (("compliance", "0024_urgent_requests"),)

    operations = (
        protect("compliance_shift", Kind.PLATFORM),
        *(
            protect(f"compliance_{table}", Kind.OFFICE)
            for table in ("intake", "breach", "breachaction", "urgentrequest", "urgentvote")
        ),
        *(policy(table, "office_only", OFFICE) for table in OFFICE_ONLY),
        *(policy(table, "written_by_the_office", "true") for table in WRITTEN_BY_THE_OFFICE),
        composite_key("compliance_breach", "compliance_urgentrequest"),
        composite_fk("compliance_breach", "case_id", "compliance_case"),
        composite_fk("compliance_breachaction", "breach_id", "compliance_breach"),
        composite_fk("compliance_urgentrequest", "case_id", "compliance_case"),
        composite_fk("compliance_urgentvote", "request_id", "compliance_urgentrequest"),
        insert_only(
            "compliance_intake",
            updatable=("organization_id", "case", "handled_by", "dismissed_at", "dismissal"),
        ),
        insert_only("compliance_breach", updatable=("escalated_at",)),
        insert_only("compliance_breachaction"),
        insert_only(
            "compliance_urgentrequest",
            updatable=("escalated_at", "granted_at", "granted_until", "review"),
        ),
        insert_only("compliance_urgentvote"),
        insert_only("compliance_shift", updatable=("left_at",)),
    )
