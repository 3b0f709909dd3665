"""Composite references of searches to the subject and the faces that are searched for.

An erasure takes the reference away and leaves the row: that a job was a search of a subject still stands in
it, so that a photo whose face is gone is never searched in its stead.
"""

from django.db import migrations

from portal.tenancy.rls import composite_fk


class Migration(migrations.Migration):
    dependencies = (("recognition", "0021_searches_of_subjects"),)

    operations = (
        composite_fk(
            "recognition_job", "subject_id", "recognition_subject", on_delete="SET NULL (subject_id)"
        ),
        composite_fk("recognition_item", "probe_id", "recognition_face", on_delete="SET NULL (probe_id)"),
    )
