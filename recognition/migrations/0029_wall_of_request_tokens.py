"""Row-level security and the composite reference of calls that carry a token; they go with their gallery."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, protect


class Migration(migrations.Migration):
    """What a tenant's programs asked for is the tenant's alone."""

    dependencies = (("recognition", "0028_wire_names"),)

    operations = (
        protect("recognition_requesttoken", Kind.TENANT),
        composite_fk("recognition_requesttoken", "gallery_id", "recognition_gallery", on_delete="CASCADE"),
    )
