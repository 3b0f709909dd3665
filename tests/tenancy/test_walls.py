"""Two walls: the managers and the database, each holds alone."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.utils import InternalError

from portal.audit import actions as audit
from portal.audit.models import Event
from portal.common.errors import NotFound, Refused
from portal.tenancy.access import get_or_404, require, require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Permission
from portal.tenancy.scope import ScopeRequired, current, officer_scope, tenant_scope
from recognition.models import Gallery, Subject
from tests.support.jobs import Desk, new_desk


@pytest.fixture
def alice(database) -> Desk:
    return new_desk("Alice's House")


@pytest.fixture
def bob(database) -> Desk:
    return new_desk("Bob's House")


def count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_tenant_rows_are_not_reached_outside_a_scope(alice):
    with pytest.raises(ScopeRequired):
        Gallery.objects.all()


def test_a_scope_shows_the_rows_of_its_organization_only(alice, bob):
    with tenant_scope(alice.tenant.organization):
        assert list(Gallery.objects.all()) == [alice.gallery]
        assert count("SELECT count(*) FROM recognition_gallery") == 1


def test_the_database_shows_nothing_without_a_scope(alice):
    assert count("SELECT count(*) FROM recognition_gallery") == 0


def test_the_office_reaches_no_gallery(alice):
    with pytest.raises(ProgrammingError, match="permission denied"), officer_scope():
        count("SELECT count(*) FROM recognition_gallery")


def test_the_scope_is_gone_when_it_ends_also_by_an_error(alice):
    with pytest.raises(ZeroDivisionError), tenant_scope(alice.tenant.organization):
        raise ZeroDivisionError
    assert current() is None
    assert count("SELECT count(*) FROM recognition_gallery") == 0


def test_scopes_do_not_nest(alice, bob):
    with (
        pytest.raises(RuntimeError, match="do not nest"),
        tenant_scope(alice.tenant.organization),
        tenant_scope(bob.tenant.organization),
    ):
        pass


def test_a_scope_opens_no_transaction_inside_another(alice):
    with pytest.raises(RuntimeError), transaction.atomic(), tenant_scope(alice.tenant.organization):
        pass


def test_another_tenants_row_cannot_be_written(alice, bob):
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_scope(alice.tenant.organization):
        Subject.objects.create(organization=bob.tenant.organization, gallery=bob.gallery, name="x")


def test_a_reference_to_another_tenants_row_fails_as_if_it_were_not_there(alice, bob):
    with pytest.raises(IntegrityError), tenant_scope(alice.tenant.organization):
        Subject.objects.create(organization=alice.tenant.organization, gallery_id=bob.gallery.pk, name="x")


@pytest.mark.parametrize("make", ["other", "unknown", "garbage"])
def test_a_strangers_id_is_answered_like_one_that_never_was(alice, bob, make):
    ids = {"other": bob.gallery.public_id, "unknown": "gal_" + "0" * 26, "garbage": "../../etc"}
    with pytest.raises(NotFound) as error:
        get_or_404(Gallery, alice.by, ids[make])
    assert (error.value.code, error.value.sentence) == ("not_found", "There is no such thing here.")


def test_a_member_without_the_right_is_told_so(alice):
    with pytest.raises(Refused, match="permission"):
        require(alice.by, Permission.APPROVE_JOBS, organization=alice.tenant.organization)


def test_a_stranger_is_not_told_that_the_organization_exists(alice, bob):
    with pytest.raises(NotFound):
        require(bob.by, Permission.UPLOAD, organization=alice.tenant.organization)


@pytest.mark.parametrize(
    "sql", ["UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"]
)
def test_events_are_never_changed_or_deleted(alice, sql):
    before = Event.objects.count()
    with pytest.raises((InternalError, IntegrityError, ProgrammingError)), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Event.objects.count() == before


def test_an_event_needs_the_transaction_of_what_it_speaks_of(database):
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(verb="user.created", actor=Actor.system("test"), target="usr_1")


@pytest.mark.parametrize(("verb", "payload"), [("user.renamed", {}), ("user.created", {"email": "a@b"})])
def test_events_hold_what_the_list_allows_and_nothing_else(database, verb, payload):
    with pytest.raises(RuntimeError, match="list of events"), transaction.atomic():
        audit.record(verb=verb, actor=Actor.system("test"), target="usr_1", **payload)


def test_an_actor_of_no_organization_finds_nothing(alice):
    with pytest.raises(NotFound):
        get_or_404(Gallery, Actor.system("test"), alice.gallery.public_id)


def test_another_organizations_scope_does_not_help_a_stranger(alice, bob):
    with pytest.raises(NotFound), tenant_scope(alice.tenant.organization):
        get_or_404(Gallery, bob.by, alice.gallery.public_id)


def test_nobody_but_an_officer_knows_of_the_office(alice):
    with pytest.raises(NotFound):
        require_officer(alice.by)
