"""What the compliance office may do in the directory; events are inserted and nothing else."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import insert_only, protect


class Migration(migrations.Migration):
    """Walls of the directory's tables."""

    dependencies = (("tenancy", "0001_initial"), ("audit", "0001_initial"))

    operations = (
        protect("tenancy_user", Kind.PLATFORM, office="SELECT"),
        protect("tenancy_officer", Kind.PLATFORM, office="SELECT"),
        protect("tenancy_organization", Kind.PLATFORM, office="SELECT, UPDATE"),
        protect("tenancy_membership", Kind.PLATFORM, office="SELECT"),
        protect("audit_event", Kind.PLATFORM, office="SELECT, INSERT"),
        insert_only("audit_event"),
    )
