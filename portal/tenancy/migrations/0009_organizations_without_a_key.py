"""An organization's row holds no key any more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("tenancy", "0008_data_keys_moved"),)

    operations = (migrations.RemoveField("organization", "data_key"),)
