"""An older release's database, full of rows, is brought up to now: nothing is lost, emptied or left unlocked.

Forwards only: no migration promises to lead a filled database back.
"""

import json
from collections import Counter

import psycopg
import pytest

from portal.audit import sequencer
from portal.audit.models import Event, Leaf, Unplaced
from portal.tenancy.kinds import Kind
from portal.tenancy.models import Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.models import Job, Usage
from tests.conftest import run
from tests.structure.test_models import MODELS
from tests.support import database as databases
from tests.support.services import renamed
from tests.upgrades.filling import NAMES
from tests.upgrades.releases import RELEASES, all_rows, upgraded

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]
# What Django and the packs that ship enter by themselves.
GROWS = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "compliance_policyversionrecord",
    "recognition_exportedlead",
}
WALLED = (Kind.TENANT, Kind.OFFICE)
CATALOG = """
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) || convalidated
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'policy', tablename, policyname,
    concat(permissive, roles::text, cmd, qual, with_check) FROM pg_policies
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) || tgenabled::text
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'table', oid::regclass::text, relowner::regrole::text,
    concat(relrowsecurity, relforcerowsecurity, relacl::text)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v')
UNION ALL SELECT 'column', attrelid::regclass::text, attname,
    concat(format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r')
    AND attnum > 0 AND NOT attisdropped
"""
REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text,
    (SELECT array_agg(attname ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS one (number, place)
     JOIN pg_attribute ON attrelid = conrelid AND attnum = number),
    (SELECT array_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY AS one (number, place)
     JOIN pg_attribute ON attrelid = confrelid AND attnum = number)
FROM pg_constraint WHERE contype = 'f'
"""


@pytest.fixture(scope="module", params=RELEASES)
def upgrade(request, django_db_setup, django_db_blocker):
    """Yield (rows before, superuser's connection) of an upgraded database, to which Django is led."""
    with upgraded(run, request.param) as (name, before), django_db_blocker.unblock():
        with databases.switched(name), superuser(name) as admin:
            yield before, admin


def superuser(name: str) -> psycopg.Connection:
    return psycopg.connect(renamed(run.services.superuser_url, name), autocommit=True)


def of_organizations():
    for organization in Organization.objects.all():
        with tenant_scope(organization):
            yield organization


def test_every_table_of_the_release_was_full(upgrade):
    before, _ = upgrade
    empty = {table for table, rows in before.items() if not rows}
    assert {table for table in empty if table.startswith(("recognition_", "compliance_", "tenancy_"))} <= {
        "tenancy_user_groups",
        "tenancy_user_user_permissions",
    }


def test_the_schema_is_that_of_a_fresh_database(upgrade, template_database):
    _, admin = upgrade
    with superuser(template_database) as fresh:
        assert set(admin.execute(CATALOG)) ^ set(fresh.execute(CATALOG)) == set()


def test_no_row_is_lost_and_none_is_made_up(upgrade):
    before, admin = upgrade
    after = all_rows(admin)
    changed = {table: (len(rows), len(after.get(table, []))) for table, rows in before.items()}
    assert {table: two for table, two in changed.items() if two[0] != two[1] and table not in GROWS} == {}
    assert all(two[1] >= two[0] for two in changed.values())


def test_what_a_row_said_it_still_says(upgrade):
    before, admin = upgrade
    after = {table: {row.get("id"): row for row in rows} for table, rows in all_rows(admin).items()}
    for table in (
        "recognition_image",
        "recognition_face",
        "recognition_subject",
        "tenancy_apikey",
        "audit_event",
    ):
        for row in before[table]:
            assert row.items() <= after[table][row["id"]].items()


def test_every_reference_leads_to_a_row(upgrade):
    """A reference that is added while its table is behind a wall is not checked against the rows there."""
    _, admin = upgrade
    for table, parent, columns, keys in admin.execute(REFERENCES).fetchall():
        same = " AND ".join(f'c."{a}" = p."{b}"' for a, b in zip(columns, keys, strict=True))
        filled = " AND ".join(f'c."{a}" IS NOT NULL' for a in columns)
        query = f"SELECT count(*) FROM {table} c WHERE {filled} AND NOT EXISTS (SELECT FROM {parent} p WHERE {same})"  # noqa: S608, E501
        assert admin.execute(query).fetchone() == (0,), f"{table} {columns}"


def test_organizations_and_the_office_read_all_their_rows(upgrade):
    _, admin = upgrade
    of_tenants, of_the_office = ([m for m in MODELS if Kind(m.model_kind) is kind] for kind in WALLED)
    seen = Counter()
    for _organization in of_organizations():
        seen.update({model._meta.db_table: len(model._base_manager.all()) for model in of_tenants})
    with officer_scope():
        seen.update({model._meta.db_table: len(model._base_manager.all()) for model in of_the_office})
    there = {table: len(rows) for table, rows in all_rows(admin).items() if table in seen}
    assert {table: number for table, number in there.items() if seen[table] != number} == {}


def test_jobs_and_usage_count_what_was_done(upgrade):
    before, _ = upgrade
    items = Counter((row["job_id"], row["status"]) for row in before["recognition_item"])
    ended = sum(row["status"] != "waiting" for row in before["recognition_item"])
    counted = 0
    for _organization in of_organizations():
        for job in Job.objects.all():
            assert (job.done, job.failed) == (items[str(job.pk), "done"], items[str(job.pk), "failed"])
        counted += sum(Usage.objects.values_list("items", flat=True))
    assert counted == ended > 0


def test_the_key_of_an_organization_becomes_its_first_version(upgrade):
    before, admin = upgrade
    keys = {row["id"]: row["data_key"] for row in before["tenancy_organization"]}
    stored = all_rows(admin)["tenancy_storeddatakey"]
    assert len(keys) == len(NAMES)
    assert {row["organization_id"]: row["wrapped"] for row in stored if row["version"] == 1} == keys


def test_a_kept_answer_is_still_the_answer(upgrade):
    before, admin = upgrade
    kept = {row["id"]: row["answer"] for row in before["portal_api_keptcall"]}
    found = {row["id"]: json.loads(row["answer"]) for row in all_rows(admin)["portal_api_keptcall"]}
    assert found == kept


def test_a_withdrawal_finds_the_exports_that_carried_its_lead(upgrade):
    before, admin = upgrade
    job_of = {row["id"]: row["job_id"] for row in before["recognition_item"]}
    leads = {
        (row["id"], job_of[row["item_id"]])
        for row in before["recognition_candidate"]
        if row["status"] in ("lead", "withdrawn")
    }
    exports = [row for row in before["recognition_exportrecord"] if "party" not in row]
    carried = {(row["export_id"], row["lead_id"]) for row in all_rows(admin)["recognition_exportedlead"]}
    assert {(one["id"], lead) for one in exports for lead, job in leads if one["job_id"] == job} <= carried


def test_a_release_that_noted_its_leads_gets_none_besides(upgrade):
    before, admin = upgrade
    if noted := before.get("recognition_exportedlead"):
        assert len(all_rows(admin)["recognition_exportedlead"]) == len(noted)


def test_events_from_before_the_log_get_their_places(upgrade):
    before, _ = upgrade
    sequencer.run()
    assert not Unplaced.objects.exists()
    assert set(Leaf.objects.values_list("event_id", flat=True)) == set(
        Event.objects.values_list("pk", flat=True)
    )
    assert Leaf.objects.count() >= len(before["audit_event"]) > 0
