"""Order among jobs and shards, pace of workers, counts of jobs, usage and quotas."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0016_walls_of_subjects_merged"),
        ("tenancy", "0005_key_networks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Quota",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "waiting_items",
                    models.PositiveIntegerField(help_text="Of its jobs, waiting at once.", null=True),
                ),
                (
                    "items_a_day",
                    models.PositiveIntegerField(help_text="Submitted on one day, in UTC.", null=True),
                ),
                ("stored_photos", models.PositiveIntegerField(help_text="Kept at once.", null=True)),
                ("set_by", models.CharField(max_length=96)),
                ("set_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Usage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(help_text="In UTC, by the database's clock.")),
                ("items", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ("-day",),
            },
        ),
        migrations.RemoveIndex(
            model_name="shard",
            name="shard_ready",
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="finished_at",
            field=models.DateTimeField(help_text="When its last shard was done.", null=True),
        ),
        migrations.AddField(
            model_name="heartbeat",
            name="pace",
            field=models.FloatField(help_text="Seconds that an estimated second took, of late.", null=True),
        ),
        migrations.AddField(
            model_name="item",
            name="retried",
            field=models.BooleanField(default=False, help_text="Put back after it failed: counted already."),
        ),
        migrations.AddField(
            model_name="job",
            name="done",
            field=models.PositiveIntegerField(default=0, help_text="Of its items, in step with them."),
        ),
        migrations.AddField(
            model_name="job",
            name="failed",
            field=models.PositiveIntegerField(default=0, help_text="Of its items, in step with them."),
        ),
        migrations.AddField(
            model_name="job",
            name="priority",
            field=models.PositiveSmallIntegerField(choices=[(0, "Normal"), (1, "Urgent")], default=0),
        ),
        migrations.AddField(
            model_name="shard",
            name="finished_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="leased_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="shard",
            name="priority",
            field=models.PositiveSmallIntegerField(choices=[(0, "Normal"), (1, "Urgent")], default=0),
        ),
        migrations.AddField(
            model_name="shard",
            name="work",
            field=models.FloatField(default=1.0, help_text="Estimated seconds at a pace of 1."),
        ),
        migrations.AddField(
            model_name="turn",
            name="reached",
            field=models.FloatField(default=0.0, help_text="Where `used` stood when it was served last."),
        ),
        migrations.AlterField(
            model_name="turn",
            name="used",
            field=models.FloatField(
                default=0.0, help_text="Estimated seconds of work, divided by the organization's weight."
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("purged_at__isnull", True)), fields=["organization"], name="image_kept"
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True),
                fields=["organization", "job", "reason"],
                name="item_by_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="shard",
            index=models.Index(
                condition=models.Q(("state", "ready")),
                fields=["organization", "-priority", "job_id", "first"],
                name="shard_next",
            ),
        ),
        migrations.AddIndex(
            model_name="shard",
            index=models.Index(
                condition=models.Q(("state__in", ("ready", "leased", "held"))),
                fields=["job_id"],
                name="shard_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("done"), "+", models.F("failed")
                        ),
                    )
                ),
                name="job_ends_no_item_twice",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", [0, 1])), name="job_priority_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="shard",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", [0, 1])), name="shard_priority_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="shard",
            constraint=models.CheckConstraint(condition=models.Q(("work__gt", 0)), name="shard_takes_time"),
        ),
        migrations.AddField(
            model_name="quota",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.organization"
            ),
        ),
        migrations.AddField(
            model_name="usage",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.UniqueConstraint(fields=("organization",), name="quota_once"),
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.CheckConstraint(
                condition=models.Q(("waiting_items", None), ("waiting_items__gte", 1), _connector="OR"),
                name="quota_waiting_items_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.CheckConstraint(
                condition=models.Q(("items_a_day", None), ("items_a_day__gte", 1), _connector="OR"),
                name="quota_items_a_day_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.CheckConstraint(
                condition=models.Q(("stored_photos", None), ("stored_photos__gte", 1), _connector="OR"),
                name="quota_stored_photos_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="usage",
            constraint=models.UniqueConstraint(fields=("organization", "day"), name="usage_once_a_day"),
        ),
    ]
