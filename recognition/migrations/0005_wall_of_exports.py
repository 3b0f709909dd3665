"""Row-level security and the composite reference of export records."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, protect


class Migration(migrations.Migration):
    """Exports belong to the tenant alone, like what they hold."""

    dependencies = (("recognition", "0004_exports_and_reasons"),)

    operations = (
        protect("recognition_exportrecord", Kind.TENANT),
        composite_fk("recognition_exportrecord", "job_id", "recognition_job"),
    )
