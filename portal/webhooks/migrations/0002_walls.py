"""Row-level security and composite references of webhooks; the one row that says how far the trail was read."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, protect


class Migration(migrations.Migration):
    """Where a tenant's programs are is the tenant's alone."""

    dependencies = (("webhooks", "0001_initial"),)

    operations = (
        protect("webhooks_endpoint", Kind.TENANT),
        protect("webhooks_secret", Kind.TENANT),
        protect("webhooks_delivery", Kind.TENANT),
        composite_key("webhooks_endpoint"),
        composite_fk("webhooks_secret", "endpoint_id", "webhooks_endpoint"),
        composite_fk("webhooks_delivery", "endpoint_id", "webhooks_endpoint"),
        protect("webhooks_turn", Kind.PLATFORM, office="SELECT"),
        protect("webhooks_follower", Kind.PLATFORM, office="SELECT"),
        migrations.RunSQL(
            "INSERT INTO webhooks_follower (name, next_index) VALUES ('trail', 0)",
            "DELETE FROM webhooks_follower",
        ),
    )
