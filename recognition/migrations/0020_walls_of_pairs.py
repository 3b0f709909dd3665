"""Row-level security and composite references of pairs; a pair, and nothing else, has two photos."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect

# A CHECK sees one row, and the kind stands in the job's. Statements insert many items: one look for all.
TWO_PHOTOS = """
CREATE FUNCTION recognition_pairs_have_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added JOIN recognition_job AS job
            ON job.id = added.job_id AND job.organization_id = added.organization_id
        WHERE (job.kind = 'compare') <> (added.second_id IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'an item to compare has two photos, any other has one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER recognition_pairs_have_two AFTER INSERT ON recognition_item
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION recognition_pairs_have_two();
CREATE FUNCTION recognition_pairs_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the photos of an item are never exchanged' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER recognition_pairs_stay BEFORE UPDATE OF job_id, second_id ON recognition_item FOR EACH ROW
    WHEN (OLD.job_id IS DISTINCT FROM NEW.job_id OR OLD.second_id IS DISTINCT FROM NEW.second_id)
    EXECUTE FUNCTION recognition_pairs_stay();
"""
TWO_PHOTOS_BACK = """
DROP TRIGGER recognition_pairs_stay ON recognition_item;
DROP FUNCTION recognition_pairs_stay();
DROP TRIGGER recognition_pairs_have_two ON recognition_item;
DROP FUNCTION recognition_pairs_have_two();
"""


class Migration(migrations.Migration):
    """What was compared is the tenant's alone."""

    dependencies = (("recognition", "0019_pairs"),)

    operations = (
        protect("recognition_verification", Kind.TENANT),
        composite_key("recognition_verification"),
        composite_fk("recognition_item", "second_id", "recognition_image"),
        composite_fk("recognition_verification", "item_id", "recognition_item"),
        composite_fk("recognition_verification", "first_id", "recognition_foundface"),
        composite_fk("recognition_verification", "second_id", "recognition_foundface"),
        composite_fk("recognition_adjudication", "verification_id", "recognition_verification"),
        migrations.RunSQL(TWO_PHOTOS, TWO_PHOTOS_BACK),
    )
