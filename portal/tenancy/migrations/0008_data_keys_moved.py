"""The data key of every organization becomes version 1; back, the newest takes its place."""

from django.db import migrations, models


def move(apps, schema_editor):
    organizations = apps.get_model("tenancy", "Organization").objects.order_by("pk")
    stored = apps.get_model("tenancy", "StoredDataKey").objects
    for pk, wrapped in organizations.values_list("pk", "data_key").iterator():
        stored.create(organization_id=pk, version=1, wrapped=wrapped)


def move_back(apps, schema_editor):
    stored = apps.get_model("tenancy", "StoredDataKey").objects.filter(destroyed_at=None)
    organizations = apps.get_model("tenancy", "Organization").objects
    for row in stored.order_by("version").iterator():
        organizations.filter(pk=row.organization_id).update(data_key=row.wrapped)


class Migration(migrations.Migration):
    dependencies = (("tenancy", "0007_walls_of_data_keys"),)

    operations = (
        migrations.AlterField("organization", "data_key", models.BinaryField(null=True)),
        migrations.RunPython(move, move_back),
    )
