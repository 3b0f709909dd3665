"""Row-level security and composite references of outcomes, withdrawals, second looks, exports and notices.

What hangs on a candidate goes with it, whoever deletes it: an erasure leaves nothing of the person behind.
"""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect

TENANT = (
    "recognition_reopening",
    "recognition_leadoutcome",
    "recognition_leadwithdrawal",
    "recognition_exportedlead",
    "recognition_notice",
)
REFERENCES = (
    ("recognition_reopening", "candidate_id", "recognition_candidate"),
    ("recognition_reopening", "face_id", "recognition_face"),
    ("recognition_reopening", "found_id", "recognition_foundface"),
    ("recognition_leadoutcome", "lead_id", "recognition_candidate"),
    ("recognition_leadwithdrawal", "lead_id", "recognition_candidate"),
    ("recognition_exportedlead", "export_id", "recognition_exportrecord"),
    ("recognition_notice", "export_id", "recognition_exportrecord"),
)


class Migration(migrations.Migration):
    dependencies = (("recognition", "0006_judgments_and_handouts"),)

    operations = (
        composite_key("recognition_exportrecord"),
        *(protect(table, Kind.TENANT) for table in TENANT),
        protect("recognition_exportedimage", Kind.PLATFORM, office="SELECT"),
        *(composite_fk(*reference, on_delete="CASCADE") for reference in REFERENCES),
    )
