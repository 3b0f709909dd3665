"""A hold has its moment and reason, a release and a purge their moment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recognition", "0009_moments_filled")]

    operations = [
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=~models.Q(status="held")
                | models.Q(held_at__isnull=False, held_reason__in=("policy", "tenant", "operator")),
                name="job_held_since_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=~models.Q(status__in=("released", "recalled"))
                | models.Q(released_at__isnull=False),
                name="job_released_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=~models.Q(status="purged") | models.Q(purged_at__isnull=False),
                name="job_purged_at",
            ),
        ),
    ]
