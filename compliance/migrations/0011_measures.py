"""Measures that one officer takes at once, and the outcome of a determination that takes everything away."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import portal.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0010_walls_of_legal_demands"),
        ("tenancy", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="determination",
            name="outcome",
            field=models.CharField(
                choices=[("granted", "Granted"), ("rejected", "Rejected"), ("revoked", "Revoked")],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Measure",
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
                            ("suspension", "Suspension"),
                            ("restriction", "Restriction"),
                            ("grant_revoked", "Grant revoked"),
                            ("exemption_revoked", "Exemption revoked"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unratified", "In force, not yet ratified"),
                            ("ratified", "In force, ratified"),
                            ("objected", "In force, a second officer objects"),
                            ("lifted", "Lifted"),
                        ],
                        default="unratified",
                        max_length=12,
                    ),
                ),
                (
                    "subject",
                    models.CharField(
                        blank=True, help_text="Public id of the line it took away.", max_length=96
                    ),
                ),
                ("reasons", models.TextField(help_text="The organization reads them.")),
                (
                    "taken_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(help_text="By then a second officer has to have looked at it."),
                ),
                ("judged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "escalated_at",
                    models.DateTimeField(blank=True, help_text="When all officers were told.", null=True),
                ),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
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
                    "judged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "unratified")),
                        fields=["due_at"],
                        name="measure_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["suspension", "restriction", "grant_revoked", "exemption_revoked"])
                        ),
                        name="measure_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["unratified", "ratified", "objected", "lifted"])),
                        name="measure_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("judged_at__isnull", True), ("judged_by__isnull", True)),
                            models.Q(
                                ("judged_at__isnull", False),
                                ("judged_by__isnull", False),
                                models.Q(("judged_by", models.F("taken_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="measure_judged_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at__isnull", False), ("status", "lifted")),
                            models.Q(
                                models.Q(("status", "lifted"), _negated=True), ("lifted_at__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="measure_lifted_at",
                    ),
                ],
            },
        ),
    ]
