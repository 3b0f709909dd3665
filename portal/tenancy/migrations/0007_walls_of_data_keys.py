"""Data keys are the platform's; officers open documents with them, and change none."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = (("tenancy", "0006_data_keys"),)

    operations = (
        protect("tenancy_storeddatakey", Kind.PLATFORM, office="SELECT"),
        protect("tenancy_platformkey", Kind.PLATFORM, office="SELECT"),
    )
