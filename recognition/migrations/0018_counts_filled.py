"""Counts of jobs from before they were kept; walls of usage and quotas; turns begin anew, in seconds."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_key, protect

# Row-level security shows a migration one organization at a time, in its scope.
FILL = """
DO $$
DECLARE owner uuid;
BEGIN
    FOR owner IN SELECT id FROM tenancy_organization LOOP
        PERFORM set_config('app.tenant', owner::text, true);
        UPDATE recognition_job AS job SET done = counted.done, failed = counted.failed
        FROM (
            SELECT job_id, count(*) FILTER (WHERE status = 'done') AS done,
                count(*) FILTER (WHERE status = 'failed') AS failed
            FROM recognition_item GROUP BY job_id
        ) AS counted WHERE counted.job_id = job.id;
        INSERT INTO recognition_usage (id, organization_id, day, items)
        SELECT gen_random_uuid(), owner, (done_at AT TIME ZONE 'UTC')::date, count(*)
        FROM recognition_item WHERE status <> 'waiting' AND done_at IS NOT NULL GROUP BY 3;
    END LOOP;
    PERFORM set_config('app.tenant', '', true);
    UPDATE recognition_turn SET used = 0, reached = 0;
END $$
"""


class Migration(migrations.Migration):
    """What is counted belongs to the organization and the office."""

    dependencies = (("recognition", "0017_order_and_usage"),)

    operations = (
        protect("recognition_usage", Kind.OFFICE, office="SELECT"),
        protect("recognition_quota", Kind.OFFICE),
        composite_key("recognition_usage", "recognition_quota"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    )
