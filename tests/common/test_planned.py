"""Statements that are planned once give what a read through a manager gives."""

import psycopg
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
    [ended] = planned.row("SELECT pg_backend_pid()")
    assert connection.is_usable()
    with psycopg.connect(**own_connection()) as other:
        other.execute("SELECT pg_terminate_backend(%s, 20000)", [ended])
    connection.close_if_unusable_or_obsolete()  # as at the start of a request
    assert planned.row("SELECT pg_backend_pid()") != (ended,)


def test_a_connection_whose_transaction_was_left_broken_is_opened_again_by_the_next_request(database):
    connection.ensure_connection()
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.connection.execute("BEGIN; SELECT 1 / 0")
    connection.errors_occurred = True  # as Django notes of every error
    connection.close_if_unusable_or_obsolete()
    assert planned.row("SELECT 1") == (1,)


def own_connection():
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if name in given}
