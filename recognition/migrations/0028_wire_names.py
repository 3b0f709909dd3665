"""What the Rekognition interface calls galleries, people and photos, and the calls that carry a token."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("recognition", "0027_reembedding_of_galleries"),
        ("tenancy", "0009_organizations_without_a_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key_id", models.UUIDField(help_text="API key that called.")),
                ("token", models.CharField(max_length=64)),
                ("fingerprint", models.CharField(help_text="SHA-256 of operation and input.", max_length=64)),
                ("answer", models.JSONField(default=dict)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="face",
            name="external_image_id",
            field=models.CharField(
                blank=True, help_text="What the Rekognition interface was told of its photo.", max_length=255
            ),
        ),
        migrations.AddField(
            model_name="gallery",
            name="collection_id",
            field=models.CharField(
                help_text="In the Rekognition interface; its own id where there is none.",
                max_length=255,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="gallery",
            name="tags",
            field=models.JSONField(default=dict, help_text="Those of the Rekognition interface."),
        ),
        migrations.AddField(
            model_name="subject",
            name="is_unnamed",
            field=models.BooleanField(
                default=False, help_text="Stands for one face that was indexed without saying whom it shows."
            ),
        ),
        migrations.AddField(
            model_name="subject",
            name="user_id",
            field=models.CharField(
                help_text="In the Rekognition interface; its own id where there is none.",
                max_length=128,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="face",
            index=models.Index(fields=["organization", "gallery", "id"], name="face_by_gallery"),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(
                condition=models.Q(("is_unnamed", False), ("merged_into__isnull", True)),
                fields=["organization", "gallery", "id"],
                name="subject_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=("organization", "collection_id"),
                name="gallery_collection_id_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.UniqueConstraint(
                fields=("organization", "gallery", "user_id"), name="subject_user_id_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_unnamed", False), ("user_id__isnull", True), _connector="OR"),
                name="subject_unnamed_is_no_user",
            ),
        ),
        migrations.AddField(
            model_name="requesttoken",
            name="gallery",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="recognition.gallery",
            ),
        ),
        migrations.AddField(
            model_name="requesttoken",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenancy.organization"
            ),
        ),
        migrations.AddIndex(
            model_name="requesttoken",
            index=models.Index(fields=["organization", "created_at"], name="request_token_age"),
        ),
        migrations.AddConstraint(
            model_name="requesttoken",
            constraint=models.UniqueConstraint(
                fields=("organization", "key_id", "token"), name="request_token_once"
            ),
        ),
    ]
