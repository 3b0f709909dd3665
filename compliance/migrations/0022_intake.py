"""What people outside write; officers alone read it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0021_walls_of_grant_ends_and_reminders"),
        ("tenancy", "0004_walls_of_officers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Intake",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("misuse_report", "Report of misuse"),
                            ("person_request", "Request of a person"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "reference",
                    models.CharField(help_text="What the sender is given.", max_length=16, unique=True),
                ),
                (
                    "wish",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("access", "To know what is held about me"),
                            ("objection", "To object to its use"),
                            ("erasure", "To have it erased"),
                            ("correction", "To have it corrected"),
                            ("appeal", "To challenge what was decided because of a candidate"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "named",
                    models.CharField(blank=True, help_text="The organization, as written.", max_length=200),
                ),
                ("body", models.TextField()),
                (
                    "contact",
                    models.EmailField(
                        blank=True, help_text="Where an answer goes, if one is wanted.", max_length=254
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "case",
                    models.CharField(blank=True, help_text="Public id of the case it became.", max_length=96),
                ),
                ("handled_by", models.CharField(blank=True, max_length=96)),
                ("dismissed_at", models.DateTimeField(blank=True, null=True)),
                ("dismissal", models.TextField(blank=True, help_text="Why it was put aside.")),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "intake",
            },
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["misuse_report", "person_request"])),
                name="intake_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case", ""), ("organization__isnull", True)),
                    models.Q(
                        ("organization__isnull", False),
                        models.Q(("case", ""), _negated=True),
                        ("dismissed_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="intake_case_of_an_organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("dismissal", ""), ("dismissed_at__isnull", True)),
                    models.Q(
                        ("dismissed_at__isnull", False),
                        models.Q(("dismissal", ""), _negated=True),
                        models.Q(("handled_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="intake_dismissed_with_reasons",
            ),
        ),
    ]
