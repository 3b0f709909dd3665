"""Exports from before they noted which leads they carried: a withdrawal of one has to find its recipient.

Exports of that time were of whole jobs, and carried every lead of theirs. When they noted it for the first
time stands in Django's own table of migrations.
"""

from django.db import migrations

# Row-level security shows a migration one organization at a time, in its scope.
FILL = """
DO $$
DECLARE
    owner uuid;
    noted_since timestamptz := (
        SELECT max(applied) FROM django_migrations
        WHERE app = 'recognition' AND name = '0007_walls_of_judgments_and_handouts'
    );
BEGIN
    FOR owner IN SELECT id FROM tenancy_organization LOOP
        PERFORM set_config('app.tenant', owner::text, true);
        INSERT INTO recognition_exportedlead (id, organization_id, export_id, lead_id)
        SELECT gen_random_uuid(), owner, export.id, candidate.id
        FROM recognition_exportrecord AS export
            JOIN recognition_item AS item ON item.job_id = export.job_id
            JOIN recognition_candidate AS candidate ON candidate.item_id = item.id
        WHERE export.created_at < noted_since AND candidate.status IN ('lead', 'withdrawn')
        ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('app.tenant', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = (("recognition", "0036_references_of_leads_of_pairs"),)

    operations = (migrations.RunSQL(FILL, migrations.RunSQL.noop),)
