"""Moments of jobs from before they were noted: a hold counts from now, a release from the end of the work."""

from django.db import migrations

# Row-level security shows a migration one organization at a time, in its scope.
FILL = """
DO $$
DECLARE owner uuid;
BEGIN
    FOR owner IN SELECT id FROM tenancy_organization LOOP
        PERFORM set_config('app.tenant', owner::text, true);
        UPDATE recognition_job SET held_at = now() WHERE status = 'held' AND held_at IS NULL;
        UPDATE recognition_job SET released_at = coalesce(finished_at, created_at)
            WHERE (status = 'released' OR held_from = 'released') AND released_at IS NULL;
    END LOOP;
    PERFORM set_config('app.tenant', '', true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("recognition", "0008_moments_of_jobs")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
