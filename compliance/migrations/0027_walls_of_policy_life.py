"""A simulation is asked for first and finished later; what was signed stays; nobody is told of the past."""

from django.db import migrations

from portal.tenancy.kinds import Kind
from portal.tenancy.rls import insert_only, protect

_SIMULATION = insert_only("compliance_policysimulation")
_VERSION = insert_only(
    "compliance_policyversionrecord", updatable=("countersigned_by", "ratified_at", "withdrawn_at")
)
SIGNED_AS_PROPOSED = (
    "UPDATE compliance_policyproposal SET signed_by = proposed_by WHERE decided_by <> proposed_by"
)
TOLD_ALREADY = "UPDATE compliance_policyversionrecord SET told_at = now()"


class Migration(migrations.Migration):
    dependencies = (("compliance", "0026_life_of_policies"),)

    operations = (
        protect("compliance_packchoice", Kind.PLATFORM),
        protect("compliance_policyreminder", Kind.PLATFORM, office="SELECT, INSERT"),
        insert_only("compliance_policyreminder"),
        migrations.RunSQL(_SIMULATION.reverse_sql, _SIMULATION.sql),
        insert_only(
            "compliance_policysimulation",
            updatable=("status", "result", "failure", "started_at", "finished_at"),
        ),
        migrations.RunSQL(
            "GRANT UPDATE ON compliance_policysimulation TO portal_office", migrations.RunSQL.noop
        ),
        migrations.RunSQL(_VERSION.reverse_sql, _VERSION.sql),
        insert_only(
            "compliance_policyversionrecord",
            updatable=("countersigned_by", "ratified_at", "withdrawn_at", "told_through", "told_at"),
        ),
        migrations.RunSQL(SIGNED_AS_PROPOSED, migrations.RunSQL.noop),
        migrations.RunSQL(TOLD_ALREADY, migrations.RunSQL.noop),
    )
