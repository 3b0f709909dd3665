"""What an organization gives up itself, and what the clock has told."""

import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models.deletion import PROTECT

import portal.common.ids

NOW = django.db.models.functions.datetime.Now
ID = models.UUIDField(default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False)
ORGANIZATION = models.ForeignKey(on_delete=PROTECT, related_name="+", to="tenancy.organization")


class Migration(migrations.Migration):
    dependencies = (("compliance", "0019_applications_of_each_kind"), ("tenancy", "0002_walls"))

    operations = (
        migrations.CreateModel(
            "GrantEnd",
            fields=[
                ("id", ID),
                ("ended_by", models.CharField(max_length=96)),
                ("ended_at", models.DateTimeField(db_default=NOW(), editable=False)),
                (
                    "grant",
                    models.ForeignKey(
                        db_constraint=False, on_delete=PROTECT, related_name="ends", to="compliance.grant"
                    ),
                ),
                ("organization", ORGANIZATION.clone()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "grant"), name="grant_ends_once")
                ]
            },
        ),
        migrations.CreateModel(
            "Reminder",
            fields=[
                ("id", ID.clone()),
                (
                    "what",
                    models.CharField(
                        help_text="What ends: draft, grant, exemption, evidence.", max_length=24
                    ),
                ),
                ("row", models.UUIDField(help_text="Id of what ends.")),
                ("ends_at", models.DateTimeField(help_text="A moved end is told anew.")),
                (
                    "days",
                    models.PositiveSmallIntegerField(
                        help_text="The mark: days before the end, 0 at the end."
                    ),
                ),
                ("told_at", models.DateTimeField(db_default=NOW(), editable=False)),
                ("organization", ORGANIZATION.clone()),
            ],
            options={
                "indexes": [models.Index(fields=["row", "what"], name="reminder_by_row")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "what", "row", "ends_at", "days"), name="reminder_once"
                    )
                ],
            },
        ),
    )
