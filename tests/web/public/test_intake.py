"""Writing to the office without an account."""

import pytest
from django.core.cache import cache
from django.test import Client

from compliance.models import Case, Intake
from portal.tenancy.scope import officer_scope
from portal.web.public.limits import PER_HOUR
from tests.web.officer.people import applicant

ADDRESS = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def visitor(database):
    cache.clear()
    return Client(**ADDRESS)


def sent():
    with officer_scope():
        return Intake.objects.latest("received_at")


def count():
    with officer_scope():
        return Intake.objects.count()


@pytest.mark.parametrize("address", ["/report/", "/requests/"])
def test_anybody_reads_the_form_and_finds_it_from_every_page(visitor, address):
    assert visitor.get(address).status_code == 200
    assert address in visitor.get("/transparency/").content.decode()


def test_a_report_needs_no_name_and_gets_a_reference(visitor):
    page = visitor.post("/report/", {"body": "They searched my neighbor."}, follow=True)
    assert sent().reference in page.content.decode()
    assert "They searched my neighbor." not in page.content.decode()
    assert (sent().contact, sent().case) == ("", "")


def test_the_confirmation_is_the_same_for_a_known_and_an_unknown_name(visitor):
    tenant = applicant("Quiet Shelter")
    pages = []
    for name in (tenant.organization.name, "Nobody here"):
        page = visitor.post("/report/", {"body": "x", "named": name}, follow=True).content.decode()
        pages.append((tenant.organization.name in page, "Nobody here" in page))
    assert pages == [(False, False), (False, False)]


def test_a_report_about_a_known_name_opens_its_case(visitor):
    tenant = applicant("Loud Shelter")
    visitor.post("/report/", {"body": "x", "named": tenant.organization.name})
    with officer_scope():
        assert Case.objects.get(organization=tenant.organization).kind == "misuse_report"


def test_a_persons_request_needs_an_address(visitor):
    before = count()
    page = visitor.post("/requests/", {"wish": "access", "body": "x"})
    assert page.status_code == 422
    assert count() == before
    visitor.post("/requests/", {"wish": "access", "body": "x", "contact": "iris@example.org"})
    assert (sent().wish, sent().contact) == ("access", "iris@example.org")


def test_one_address_writes_a_few_times_an_hour_and_another_still_can(visitor):
    for _ in range(PER_HOUR):
        assert visitor.post("/report/", {"body": "x"}).status_code == 302
    before = count()
    page = visitor.post("/report/", {"body": "x"})
    assert page.status_code == 429
    assert "Try again later." in page.content.decode()
    assert count() == before
    assert Client(REMOTE_ADDR="198.51.100.9").post("/report/", {"body": "x"}).status_code == 302


def test_an_empty_report_is_not_counted(visitor):
    for _ in range(PER_HOUR + 1):
        assert visitor.post("/report/", {"body": ""}).status_code == 422
    assert visitor.post("/report/", {"body": "x"}).status_code == 302


def test_the_address_is_kept_nowhere_in_the_clear(visitor):
    visitor.post("/report/", {"body": "x"})
    keys = cache._cache.get_client().keys("*")
    assert keys
    assert not any(b"203.0.113.7" in key for key in keys)


@pytest.mark.parametrize("reference", ["R-AAAA-AAAA", "a%00b", "%ED%A0%80", "x" * 300])
def test_a_reference_that_was_never_given_is_not_found(visitor, reference):
    assert visitor.get(f"/received/{reference}/").status_code == 404


def test_a_form_from_elsewhere_sends_nothing(database):
    before = count()
    page = Client(enforce_csrf_checks=True, **ADDRESS).post("/report/", {"body": "x"})
    assert page.status_code == 403
    assert count() == before
