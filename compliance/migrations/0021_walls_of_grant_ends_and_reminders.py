"""Ends of grants and reminders stand behind their organization's wall and are only inserted."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import composite_fk, composite_key, insert_only, protect


class Migration(migrations.Migration):
    dependencies = (("compliance", "0020_grant_ends_and_reminders"),)

    operations = (
        protect("compliance_grantend", Kind.OFFICE, office="SELECT"),
        protect("compliance_reminder", Kind.OFFICE, office="SELECT, INSERT"),
        composite_key("compliance_grant"),
        composite_fk("compliance_grantend", "grant_id", "compliance_grant"),
        insert_only("compliance_grantend"),
        insert_only("compliance_reminder"),
    )
