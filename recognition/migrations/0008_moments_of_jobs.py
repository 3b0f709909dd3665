"""When and why a job is held, when it was released, how long it is kept, when it was purged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0007_walls_of_judgments_and_handouts"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="held_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="held_because",
            field=models.TextField(blank=True, help_text="What was given as reason; the trail holds none."),
        ),
        migrations.AddField(
            model_name="job",
            name="held_by",
            field=models.CharField(blank=True, max_length=96),
        ),
        migrations.AddField(
            model_name="job",
            name="purged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="recalled_because",
            field=models.TextField(blank=True, help_text="The trail holds no reason."),
        ),
        migrations.AddField(
            model_name="job",
            name="released_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="retention_days",
            field=models.PositiveSmallIntegerField(
                default=30, help_text="After which photos and results are destroyed."
            ),
        ),
    ]
