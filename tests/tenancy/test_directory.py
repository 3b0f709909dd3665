"""A sweep enters only organizations that have something for it, and the walls stay between them meanwhile."""

import pytest
from django.db import connection

from portal.tenancy import directory
from portal.tenancy.scope import ScopeRequired, current, tenant_scope
from recognition.models import Gallery
from tests.support.jobs import Desk, new_desk


@pytest.fixture
def alice(database) -> Desk:
    return new_desk("Alice's House")


@pytest.fixture
def bob(database) -> Desk:
    return new_desk("Bob's House")


def rename(desk: Desk, name: str) -> None:
    with tenant_scope(desk.tenant.organization):
        Gallery.objects.update(name=name)


def called(name: str):
    return lambda: Gallery.objects.filter(name=name)


def test_an_organization_is_found_by_a_row_of_its_own(alice, bob):
    rename(alice, "found by its name")
    assert directory.organizations_with(called("found by its name")) == [alice.tenant.organization.pk]
    assert directory.organizations_with(called("no gallery's name")) == []


def test_any_of_several_reads_is_enough(alice, bob):
    rename(alice, "first of two")
    rename(bob, "second of two")
    both = directory.organizations_with(called("first of two"), called("second of two"))
    assert both == sorted([alice.tenant.organization.pk, bob.tenant.organization.pk])


def test_all_organizations_are_asked_about_however_many_fit_into_one_transaction(alice, bob, monkeypatch):
    monkeypatch.setattr(directory, "_AT_ONCE", 1)
    rename(alice, "one at a time")
    rename(bob, "one at a time")
    assert len(directory.organizations_with(called("one at a time"))) == 2


def test_the_scope_is_gone_after_the_look_also_by_an_error(alice):
    with pytest.raises(ZeroDivisionError):
        directory.organizations_with(lambda: Gallery.objects.filter(pk=1 / 0))
    directory.organizations_with(called("anything"))
    assert current() is None
    with pytest.raises(ScopeRequired):
        Gallery.objects.all()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recognition_gallery")
        assert cursor.fetchone() == (0,)


def test_nobody_looks_around_from_inside_a_scope(alice):
    with tenant_scope(alice.tenant.organization), pytest.raises(RuntimeError, match="nest"):
        directory.organizations_with(called("anything"))
