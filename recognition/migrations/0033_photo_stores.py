"""Folders of the operator's photo store, each one organization's own."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.common.ids
from portal.tenancy.kinds import Kind
from portal.tenancy.rls import protect


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0032_walls_of_tests_of_accuracy"),
        ("tenancy", "0011_walls_of_the_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhotoStore",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("bucket", models.CharField(max_length=255)),
                (
                    "prefix",
                    models.CharField(
                        help_text="What its objects' names begin with, up to a /.", max_length=1024
                    ),
                ),
                ("set_by", models.CharField(max_length=96)),
                ("set_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "bucket", "prefix"), name="photo_store_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("prefix__endswith", "/")), name="photo_store_is_a_folder"
                    ),
                ],
            },
        ),
        protect("recognition_photostore", Kind.OFFICE),
    ]
