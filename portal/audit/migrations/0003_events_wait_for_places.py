"""Every event waits for its place in the log from its own transaction on; those that are there wait now."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_event_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unplaced (event_id) SELECT id FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_event_waits AFTER INSERT ON audit_event
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION audit_event_waits();
INSERT INTO audit_unplaced (event_id) SELECT id FROM audit_event ORDER BY id;
"""
BACKWARD = """
DROP TRIGGER audit_event_waits ON audit_event;
DROP FUNCTION audit_event_waits();
DELETE FROM audit_unplaced;
"""


class Migration(migrations.Migration):
    dependencies = (("audit", "0002_published_log"),)

    operations = (migrations.RunSQL(FORWARD, BACKWARD),)
