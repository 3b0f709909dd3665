"""What a call made is known with the call; its answer is kept byte for byte, an older one as it was stored.

A kept answer is neither thrown away nor emptied: whoever asks again within the day would have the work done
twice, or be answered with nothing. The type changes where the rows are: row-level security shows the owner
none of them, so that statements on rows would see none either.
"""

from django.db import migrations, models

TO_TEXT = """
ALTER TABLE portal_api_keptcall
    ALTER COLUMN answer TYPE text USING coalesce(nullif(answer, 'null')::text, ''),
    ALTER COLUMN answer SET NOT NULL
"""
TO_JSON = """
ALTER TABLE portal_api_keptcall
    ALTER COLUMN answer DROP NOT NULL,
    ALTER COLUMN answer TYPE jsonb USING nullif(answer, '')::jsonb
"""


class Migration(migrations.Migration):
    dependencies = (("portal_api", "0002_walls"),)

    operations = (
        migrations.RunSQL(
            TO_TEXT,
            TO_JSON,
            state_operations=[
                migrations.AlterField(
                    model_name="keptcall",
                    name="answer",
                    field=models.TextField(blank=True, help_text="JSON as it was sent, without secrets."),
                )
            ],
        ),
        migrations.AddField(
            model_name="keptcall",
            name="made",
            field=models.JSONField(
                default=list, help_text="Ids of what the call wrote about, written with it."
            ),
        ),
    )
