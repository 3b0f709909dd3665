"""Synchronous calls, behind the wall of their tenant from the beginning."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.common.ids
from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, protect


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0029_wall_of_request_tokens"),
        ("tenancy", "0009_organizations_without_a_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="usage",
            name="calls",
            field=models.PositiveIntegerField(
                default=0, help_text="Of the items, those of synchronous calls."
            ),
        ),
        migrations.CreateModel(
            name="Call",
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
                            ("enroll", "Enroll"),
                            ("search", "Search"),
                            ("compare", "Compare"),
                            ("detect", "Detect"),
                        ],
                        max_length=10,
                    ),
                ),
                ("purpose", models.CharField(max_length=64)),
                ("end_user_id", models.UUIDField(null=True)),
                (
                    "facts",
                    models.JSONField(
                        default=dict, help_text="What the caller declared, in words of the vocabulary."
                    ),
                ),
                ("ruling", models.CharField(help_text="The ruling it was answered under.", max_length=40)),
                (
                    "review",
                    models.CharField(default="none", help_text="none or after_delivery", max_length=20),
                ),
                ("threshold_asked", models.FloatField(help_text="Similarity, 0 to 100.")),
                (
                    "threshold",
                    models.FloatField(help_text="Similarity in force: never below floor or budget."),
                ),
                ("threshold_reason", models.CharField(help_text="asked, floor or budget", max_length=20)),
                (
                    "photos",
                    models.PositiveSmallIntegerField(
                        help_text="Handed in: none, one, or two that were compared."
                    ),
                ),
                ("faces", models.PositiveIntegerField(default=0, help_text="Found in the photos.")),
                (
                    "left_out",
                    models.JSONField(default=dict, help_text="Faces that were not used, by reason code."),
                ),
                ("candidates", models.PositiveIntegerField(default=0, help_text="Handed out.")),
                ("enrolled", models.PositiveIntegerField(default=0, help_text="Faces that were enrolled.")),
                ("called_by", models.CharField(max_length=96)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "gallery",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="recognition.gallery",
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
                    "record",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="recognition.caserecord",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["organization", "purpose", "end_user_id", "created_at"],
                        include=("photos",),
                        name="call_by_use",
                    ),
                    models.Index(fields=["organization", "created_at"], name="call_by_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["enroll", "search", "compare", "detect"])),
                        name="call_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("threshold__gte", 0),
                            ("threshold__lte", 100),
                            ("threshold_asked__gte", 0),
                            ("threshold_asked__lte", 100),
                        ),
                        name="call_threshold_on_scale",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("detect", "compare")), ("gallery__isnull", False), _connector="OR"
                        ),
                        name="call_has_its_gallery",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("review__in", ("none", "after_delivery"))),
                        name="call_hands_out_nothing_to_review",
                    ),
                ],
            },
        ),
        protect("recognition_call", Kind.TENANT),
        composite_fk("recognition_call", "gallery_id", "recognition_gallery"),
        composite_fk("recognition_call", "record_id", "recognition_caserecord"),
    ]
