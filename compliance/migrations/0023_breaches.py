"""Breaches and the steps that follow; a step is never taken back."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import portal.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0022_intake"),
        ("tenancy", "0004_walls_of_officers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Breach",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "what",
                    models.TextField(help_text="What happened to which data. The organization reads it."),
                ),
                ("aware_at", models.DateTimeField(help_text="When anybody of the operator knew of it.")),
                ("authority_due_at", models.DateTimeField()),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.case",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "breaches",
            },
        ),
        migrations.CreateModel(
            name="BreachAction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("contained", "Contained"),
                            ("assessed", "Risk assessed"),
                            ("authority_told", "Authority told"),
                            ("people_told", "People told"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "needed",
                    models.BooleanField(default=True, help_text="False: the assessment found it needless."),
                ),
                ("note", models.TextField()),
                (
                    "taken_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "breach",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="compliance.breach",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.organization",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("taken_at", "pk"),
            },
        ),
        migrations.AddConstraint(
            model_name="breach",
            constraint=models.CheckConstraint(
                condition=models.Q(("authority_due_at__gt", models.F("aware_at"))),
                name="breach_due_after_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="breachaction",
            constraint=models.UniqueConstraint(
                fields=("organization", "breach", "step"), name="breach_step_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="breachaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("needed", True), ("step__in", ["authority_told", "people_told"]), _connector="OR"
                ),
                name="breach_step_needed",
            ),
        ),
    ]
