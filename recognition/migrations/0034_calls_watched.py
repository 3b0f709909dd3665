"""When calls were looked at for misuse."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0033_photo_stores"),
        ("tenancy", "0012_rotated_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="watched_at",
            field=models.DateTimeField(blank=True, help_text="When it was looked at for misuse.", null=True),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(
                condition=models.Q(("watched_at__isnull", True)),
                fields=["organization", "id"],
                name="call_unwatched",
            ),
        ),
    ]
