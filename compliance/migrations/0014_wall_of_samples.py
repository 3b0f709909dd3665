"""Questions about single requests stand between one organization and the office."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = (("compliance", "0013_samples"),)

    operations = (protect("compliance_sample", Kind.OFFICE),)
