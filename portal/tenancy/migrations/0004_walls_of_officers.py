"""Proposals about officers are the platform's; an approval, once given, stays."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import insert_only, protect


class Migration(migrations.Migration):
    dependencies = (("tenancy", "0003_officers_by_two"),)

    operations = (
        protect("tenancy_officerproposal", Kind.PLATFORM, office="SELECT"),
        protect("tenancy_officerapproval", Kind.PLATFORM, office="SELECT"),
        insert_only("tenancy_officerapproval"),
    )
