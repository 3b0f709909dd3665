"""Kept calls belong to one organization alone."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = (("portal_api", "0001_kept_calls"), ("tenancy", "0002_walls"))

    operations = (protect("portal_api_keptcall", Kind.TENANT),)
