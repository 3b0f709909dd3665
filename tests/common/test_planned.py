"""Statements that are planned once give what a read through a manager gives."""

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import DataError

from portal.common import planned
from portal.tenancy.models import ApiKey, Organization
from tests.support.world import new_side


def columns(row):
    return {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}


def test_rows_are_the_instances_that_a_manager_reads(database):
    key = new_side("Harbor Light").key.key
    [found] = planned.instances(
        ApiKey, "WHERE tenancy_apikey.prefix = %s", [key.prefix], joined="organization"
    )
    assert columns(found) == columns(ApiKey.objects.get(pk=key.pk))
    assert columns(found.organization) == columns(Organization.objects.get(pk=key.organization_id))
    assert (found._state.adding, found._state.db) == (False, "default")


def test_where_there_is_no_row_there_is_none(database):
    assert planned.instances(Organization, "WHERE name = %s", ["nobody is called so"]) == []
    assert planned.row("SELECT 1 WHERE false") is None


def test_a_transaction_that_broke_is_asked_nothing(database):
    with transaction.atomic():
        with pytest.raises(DataError), transaction.atomic(savepoint=False):
            planned.row("SELECT 1 / %s::int", [0])
        with pytest.raises(TransactionManagementError):
            planned.row("SELECT 1")
        connection.set_rollback(True)


def test_a_connection_that_the_server_ended_is_opened_again_by_the_next_request(database):
    planned.row("SELECT 1")
    connection.connection.close()
    connection.health_check_done = False
    connection.health_check_enabled = True
    assert planned.row("SELECT 1") == (1,)
