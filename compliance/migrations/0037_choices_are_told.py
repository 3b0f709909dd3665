"""Organizations are told of another pack by letter; of one that was carried out before, nobody is told."""

from django.db import migrations, models

TOLD_ALREADY = "UPDATE compliance_packchoice SET told_at = now() WHERE status = 'carried_out'"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0036_wall_of_organization_recusals"),
    ]

    operations = [
        migrations.AddField(
            model_name="packchoice",
            name="told_at",
            field=models.DateTimeField(blank=True, help_text="When all of them had been told.", null=True),
        ),
        migrations.AddField(
            model_name="packchoice",
            name="told_through",
            field=models.UUIDField(blank=True, help_text="Last organization that was told.", null=True),
        ),
        migrations.RunSQL(TOLD_ALREADY, migrations.RunSQL.noop),
    ]
