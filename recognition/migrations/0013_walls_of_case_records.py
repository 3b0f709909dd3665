"""Row-level security and composite references of case records, their photos, and what is linked to them."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect


class Migration(migrations.Migration):
    """Whom a tenant looks for is the tenant's alone."""

    dependencies = (("recognition", "0012_case_records"),)

    operations = (
        protect("recognition_caserecord", Kind.TENANT),
        protect("recognition_caserecordphoto", Kind.TENANT),
        composite_key("recognition_caserecord"),
        composite_fk("recognition_caserecordphoto", "record_id", "recognition_caserecord"),
        composite_fk("recognition_caserecordphoto", "image_id", "recognition_image"),
        composite_fk("recognition_job", "record_id", "recognition_caserecord"),
        composite_fk("recognition_subject", "record_id", "recognition_caserecord"),
    )
