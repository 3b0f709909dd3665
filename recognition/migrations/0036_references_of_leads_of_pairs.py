"""Composite references of what becomes of pairs; it goes with its pair, whoever deletes that."""

from django.db import migrations

from portal.tenancy.rls import composite_fk

TABLES = ("recognition_reopening", "recognition_leadoutcome", "recognition_leadwithdrawal")


class Migration(migrations.Migration):
    dependencies = (("recognition", "0035_leads_of_pairs"),)

    operations = tuple(
        composite_fk(table, "verification_id", "recognition_verification", on_delete="CASCADE")
        for table in TABLES
    )
