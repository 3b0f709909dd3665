"""What is inserted quickly is stored as `save` would store it."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from portal.audit.models import Event
from portal.common.inserts import insert
from portal.tenancy.models import User

pytestmark = pytest.mark.django_db


def event(**values):
    given = {"verb": "key.revoked", "actor": "usr_1", "organization": "", "target": "key_1"}
    return Event(payload={"note": 'quotes " and \\ and %s and é'}, **given | values)


def columns(row):
    return {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}


def test_a_row_is_stored_as_it_is_and_knows_what_the_database_filled_in():
    made = event()
    insert(made)
    assert columns(made) == columns(Event.objects.get(pk=made.pk))
    assert (made._state.adding, made._state.db) == (False, "default")


def test_rows_go_together_and_keep_apart():
    first, second = event(target="key_1"), event(target="key_2")
    user = User(email="ada@example.org", name="Ada", password="!")
    insert(first, user, second)
    assert [columns(row) for row in (first, second)] == [
        columns(Event.objects.get(pk=row.pk)) for row in (first, second)
    ]
    assert columns(user) == columns(User.objects.get(pk=user.pk))


def test_all_rows_are_stored_or_none():
    good, twice = event(), event()
    insert(twice)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(good, Event(pk=twice.pk, verb="key.revoked", actor="usr_1"))
    assert not Event.objects.filter(pk=good.pk).exists()


def test_it_takes_one_statement():
    """Rows of one statement carry the number of one command."""
    together, later = [event(), event()], event()
    insert(*together)
    insert(later)
    assert [command_of(row) == command_of(together[0]) for row in (*together, later)] == [True, True, False]


def command_of(row):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cmin FROM audit_event WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]
