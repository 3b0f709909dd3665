"""The walks through stored files are the platform's: they name an organization and a file, nobody else."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = (("recognition", "0038_file_walks"),)

    operations = (protect("recognition_filewalk", Kind.PLATFORM, office="SELECT"),)
