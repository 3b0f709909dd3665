"""Proposals and simulations are the platform's; what an officer recommended stays in the office."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import insert_only, protect

OFFICE_ONLY = (
    "CREATE POLICY office_only ON compliance_recommendation AS RESTRICTIVE "
    "USING (current_user = 'portal_office') WITH CHECK (current_user = 'portal_office')"
)


class Migration(migrations.Migration):
    dependencies = (("compliance", "0004_proposals_and_outcomes"),)

    operations = (
        protect("compliance_policyproposal", Kind.PLATFORM),
        protect("compliance_policysimulation", Kind.PLATFORM, office="SELECT, INSERT"),
        insert_only("compliance_policysimulation"),
        migrations.RunSQL(OFFICE_ONLY, "DROP POLICY office_only ON compliance_recommendation"),
    )
