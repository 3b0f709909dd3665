"""Rulings keep what they looked at in short; the policy version, which never changes, gives the rest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("compliance", "0027_walls_of_policy_life"),)

    operations = (
        migrations.RenameField("rulingrecord", "looked_at", "findings"),
        migrations.AlterField(
            "rulingrecord",
            "findings",
            models.JSONField(help_text="Every rule with what it looked at and its result, in short."),
        ),
    )
