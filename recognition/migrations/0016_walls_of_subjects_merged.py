"""Row-level security and composite references of merged subjects and the history of faces.

What tells of a person goes with them, whoever erases them: names that were merged away, merges, moves.
"""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect

GOES_WITH = (
    ("recognition_subject", "merged_into_id", "recognition_subject"),
    ("recognition_subjectmerge", "survivor_id", "recognition_subject"),
    ("recognition_subjectmerge", "merged_id", "recognition_subject"),
    ("recognition_facemove", "face_id", "recognition_face"),
    ("recognition_facemove", "came_from_id", "recognition_subject"),
    ("recognition_facemove", "went_to_id", "recognition_subject"),
    ("recognition_facemove", "merge_id", "recognition_subjectmerge"),
)


class Migration(migrations.Migration):
    """Who is who in a gallery is the tenant's alone."""

    dependencies = (("recognition", "0015_subjects_merged"),)

    operations = (
        protect("recognition_subjectmerge", Kind.TENANT),
        protect("recognition_facemove", Kind.TENANT),
        composite_key("recognition_subjectmerge"),
        composite_fk("recognition_subjectmerge", "gallery_id", "recognition_gallery"),
        composite_fk("recognition_subjectmerge", "record_id", "recognition_caserecord"),
        *(composite_fk(*reference, on_delete="CASCADE") for reference in GOES_WITH),
    )
