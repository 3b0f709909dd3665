"""Row-level security and composite references of tests of accuracy and their pairs."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect


class Migration(migrations.Migration):
    """What a tester scores is the tester's alone, while there is any of it."""

    dependencies = (("recognition", "0031_tests_of_accuracy"),)

    operations = (
        protect("recognition_accuracytest", Kind.TENANT),
        protect("recognition_accuracypair", Kind.TENANT),
        composite_key("recognition_accuracytest"),
        composite_fk("recognition_accuracypair", "test_id", "recognition_accuracytest"),
    )
