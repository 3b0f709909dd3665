"""Enters the policy packs that ship with the product, so that no installation starts without a policy."""

from django.db import migrations

from compliance.policy.packs import load_pack, pack_names


def enter(apps, schema_editor):
    record = apps.get_model("compliance", "PolicyVersionRecord")
    for version in (version for name in pack_names() for version in load_pack(name).versions):
        record.objects.get_or_create(
            pack=version.pack,
            number=version.number,
            defaults={
                "content": version.to_json(),
                "sha256": version.sha256,
                "published_at": version.published_at,
                "recorded_by": "system:migration",
            },
        )


class Migration(migrations.Migration):
    dependencies = (("compliance", "0002_walls"),)

    operations = (migrations.RunPython(enter, migrations.RunPython.noop),)
