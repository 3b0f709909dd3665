"""Row-level security, composite references, and the trigger that gives gallery grants their organization."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect

TENANT = (
    "recognition_gallery",
    "recognition_gallerykey",
    "recognition_subject",
    "recognition_face",
    "recognition_image",
    "recognition_job",
    "recognition_item",
    "recognition_foundface",
    "recognition_candidate",
    "recognition_adjudication",
    "recognition_galleryuserobjectpermission",
)
PARENTS = TENANT[:9]
REFERENCES = (
    ("recognition_gallerykey", "gallery_id", "recognition_gallery"),
    ("recognition_subject", "gallery_id", "recognition_gallery"),
    ("recognition_face", "gallery_id", "recognition_gallery"),
    ("recognition_face", "subject_id", "recognition_subject"),
    ("recognition_face", "image_id", "recognition_image"),
    ("recognition_job", "gallery_id", "recognition_gallery"),
    ("recognition_item", "job_id", "recognition_job"),
    ("recognition_item", "image_id", "recognition_image"),
    ("recognition_foundface", "item_id", "recognition_item"),
    ("recognition_candidate", "item_id", "recognition_item"),
    ("recognition_candidate", "found_id", "recognition_foundface"),
    ("recognition_candidate", "face_id", "recognition_face"),
    ("recognition_candidate", "subject_id", "recognition_subject"),
    ("recognition_adjudication", "candidate_id", "recognition_candidate"),
    ("recognition_galleryuserobjectpermission", "content_object_id", "recognition_gallery"),
)
GRANT_OWNER = """
CREATE FUNCTION recognition_grant_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT organization_id INTO NEW.organization_id FROM recognition_gallery WHERE id = NEW.content_object_id;
    RETURN NEW;
END $$;
CREATE TRIGGER recognition_grant_owner BEFORE INSERT OR UPDATE ON recognition_galleryuserobjectpermission
    FOR EACH ROW EXECUTE FUNCTION recognition_grant_owner();
ALTER TABLE recognition_galleryuserobjectpermission ADD CONSTRAINT grant_has_owner
    CHECK (organization_id IS NOT NULL);
"""
GRANT_OWNER_BACK = """
ALTER TABLE recognition_galleryuserobjectpermission DROP CONSTRAINT grant_has_owner;
DROP TRIGGER recognition_grant_owner ON recognition_galleryuserobjectpermission;
DROP FUNCTION recognition_grant_owner();
"""


class Migration(migrations.Migration):
    dependencies = (("recognition", "0001_initial"),)

    operations = (
        *(protect(table, Kind.TENANT) for table in TENANT),
        composite_key(*PARENTS),
        *(composite_fk(*reference) for reference in REFERENCES),
        migrations.RunSQL(GRANT_OWNER, GRANT_OWNER_BACK),
        protect("recognition_shard", Kind.PLATFORM, office="SELECT, UPDATE"),
        protect("recognition_turn", Kind.PLATFORM, office="SELECT"),
        protect("recognition_heartbeat", Kind.PLATFORM, office="SELECT"),
    )
