"""The walls, checked against the models and the catalog of the database."""

import pytest
from django.apps import apps
from django.db import connection

from portal.tenancy.kinds import Kind

OURS = ("audit", "tenancy", "compliance", "webhooks", "recognition", "portal_web", "portal_api")
BELOW = {label: set(OURS[:place]) for place, label in enumerate(OURS)}
MODELS = [model for model in apps.get_models() if model._meta.app_label in OURS]
# guardian and Django refer to content types and permissions: theirs, not a tenant's.
FOREIGN = {"auth", "contenttypes"}


def named(model) -> str:
    return model._meta.label


def rows(sql: str, *values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_every_model_declares_its_kind(model):
    assert isinstance(Kind(model.model_kind), Kind)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_rows_of_tenants_stand_behind_forced_row_level_security(database, model):
    [(enabled, forced)] = rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
        model._meta.db_table,
    )
    walled = Kind(model.model_kind) is not Kind.PLATFORM
    assert (enabled, forced) == (walled, walled)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_the_office_reaches_no_table_of_tenants(database, model):
    [(may,)] = rows("SELECT has_table_privilege('portal_office', %s, 'SELECT')", model._meta.db_table)
    assert not (Kind(model.model_kind) is Kind.TENANT and may)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_references_point_down_or_sideways_only(model):
    label = model._meta.app_label
    for field in model._meta.get_fields():
        if field.is_relation and field.concrete and field.related_model:
            other = field.related_model._meta.app_label
            assert other == label or other in BELOW[label] | FOREIGN, f"{field} points up"


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_references_across_apps_leave_no_name_behind(model):
    for field in model._meta.get_fields():
        crosses = field.is_relation and field.concrete and field.related_model
        if field.model._meta.label == "recognition.GalleryUserObjectPermission" and field.name == "user":
            continue  # declared by guardian, which offers no name for it
        if crosses and field.related_model._meta.app_label in set(OURS) - {model._meta.app_label}:
            assert field.remote_field.related_name == "+", f"{field} adds a name to a lower app"


@pytest.mark.parametrize("model", [m for m in MODELS if Kind(m.model_kind) is not Kind.PLATFORM], ids=named)
def test_references_between_rows_of_tenants_are_composite(database, model):
    """A single-column key would check past row-level security and tell whether another's row exists."""
    for field in model._meta.get_fields():
        target = getattr(field, "related_model", None)
        if not (field.concrete and field.is_relation and hasattr(target, "model_kind")):
            continue
        if Kind(target.model_kind) is Kind.PLATFORM:
            continue
        keys = rows(
            "SELECT array_length(conkey, 1) FROM pg_constraint "
            "WHERE contype = 'f' AND conrelid = %s::regclass "
            "AND confrelid = %s::regclass AND %s = ANY (SELECT attname FROM pg_attribute "
            "WHERE attrelid = conrelid AND attnum = ANY (conkey))",
            model._meta.db_table,
            target._meta.db_table,
            field.column,
        )
        assert keys == [(2,)], f"{field} is guarded by {keys}"


def test_the_runtime_role_is_bound_by_the_walls(database):
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]
