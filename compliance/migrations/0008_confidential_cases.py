"""Cases that the organization is not shown: not by a page, and not by the database either."""

from django.db import migrations, models

CONFIDENTIAL_STAYS_INSIDE = (
    "CREATE POLICY confidential ON compliance_case AS RESTRICTIVE "
    "USING (NOT confidential OR current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0007_wall_of_letters"),)

    operations = (
        migrations.AddField(
            model_name="case",
            name="confidential",
            field=models.BooleanField(default=False, help_text="Not shown to the organization."),
        ),
        migrations.RunSQL(CONFIDENTIAL_STAYS_INSIDE, "DROP POLICY confidential ON compliance_case"),
    )
