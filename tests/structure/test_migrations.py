"""Migrations that touch rows behind a wall do so in the scope of each organization, else they touch none."""

import inspect
import re

import pytest
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

OURS = {"audit", "tenancy", "compliance", "webhooks", "recognition", "portal_web", "portal_api"}
WALL = re.compile(r"ALTER TABLE (\w+) FORCE ROW LEVEL SECURITY")
ROWS = re.compile(r"\b(?:UPDATE(?! OF)|DELETE FROM|INSERT INTO)\s+(\w+)")
MODEL = re.compile(r"get_model\(\s*\"(\w+)\",\s*\"(\w+)\"")
FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION .*?\$\$.*?\$\$", re.DOTALL)
SCOPE = "set_config('app.tenant'"


def statements():
    """Yield (migration, what it does to rows, tables that stood behind a wall then), in order."""
    loader, walled = MigrationLoader(None), set()
    for node in [step for leaf in loader.graph.leaf_nodes() for step in loader.graph.forwards_plan(leaf)]:
        migration = loader.disk_migrations[node]
        for operation in migration.operations if node[0] in OURS else ():
            if isinstance(operation, RunSQL):
                yield node, str(operation.sql), set(walled)
                walled |= set(WALL.findall(str(operation.sql)))
            elif isinstance(operation, RunPython):
                yield node, inspect.getsource(operation.code), set(walled)


def blind(text, walled):
    """Return the walled tables whose rows a migration means to touch and does not see."""
    at_once = FUNCTION.sub("", text)  # what a trigger will do, it does in somebody's scope
    named = set(ROWS.findall(at_once)) | {f"{app}_{model.lower()}" for app, model in MODEL.findall(text)}
    return set() if SCOPE in text else named & walled


def test_no_migration_is_blind_to_the_rows_it_means_to_change():
    assert [(node, found) for node, text, walled in statements() if (found := blind(text, walled))] == []


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM recognition_job",
        "UPDATE recognition_job SET done = 0",
        'apps.get_model("recognition", "Job").objects.all()',
    ],
)
def test_a_migration_that_would_be_blind_is_told(text):
    assert blind(text, {"recognition_job"}) == {"recognition_job"}


def test_a_migration_that_walks_through_the_scopes_is_not():
    text = f"PERFORM {SCOPE}, owner::text, true);\nDELETE FROM recognition_job"
    assert blind(text, {"recognition_job"}) == set()
