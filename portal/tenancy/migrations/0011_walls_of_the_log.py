"""What is in the published log stays there; the office reads it, and what it does waits for its place."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import insert_only, protect


class Migration(migrations.Migration):
    dependencies = (("tenancy", "0010_kinds_of_keys"), ("audit", "0003_events_wait_for_places"))

    operations = (
        protect("audit_unplaced", Kind.PLATFORM, office="INSERT"),
        *(protect(table, Kind.PLATFORM, office="SELECT") for table in ("audit_leaf", "audit_checkpoint")),
        protect("audit_logkey", Kind.PLATFORM, office="SELECT"),
        *(insert_only(table) for table in ("audit_leaf", "audit_checkpoint", "audit_logkey")),
    )
