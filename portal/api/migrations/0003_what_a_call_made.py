"""What a call made is known with the call; its answer is kept byte for byte."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("portal_api", "0002_walls"),)

    operations = (
        migrations.RunSQL("DELETE FROM portal_api_keptcall", migrations.RunSQL.noop),  # kept for a day
        migrations.RemoveField(model_name="keptcall", name="answer"),
        migrations.AddField(
            model_name="keptcall",
            name="answer",
            field=models.TextField(blank=True, default="", help_text="JSON as it was sent, without secrets."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="keptcall",
            name="made",
            field=models.JSONField(
                default=list, help_text="Ids of what the call wrote about, written with it."
            ),
        ),
    )
