from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0025_photos_know_their_key"),
        ("tenancy", "0005_key_networks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status__in", ("awaiting_approval", "queued", "running", "held"))),
                fields=["organization"],
                name="job_not_ended",
            ),
        ),
    ]
