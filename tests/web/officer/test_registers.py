"""The register of end users, and the exemptions in force."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.models import EndUser
from portal.audit.models import Event
from tests.compliance.conftest import determine, new_tenant
from tests.web.officer.people import officer_client, only_officers

_numbers = itertools.count()
EXEMPT = {"moratorium_status": "exempt", "exemption": "humanitarian-exemption"}


@pytest.fixture
def client(database):
    return officer_client(only_officers("Ada")[0])


@pytest.fixture
def unit(database):
    return EndUser.objects.create(
        name=f"Northport Missing Children Unit {next(_numbers)}",
        organization_type="law_enforcement_local",
        jurisdiction="US-ME",
    )


def rows(page):
    return {row["entry"].name: row["used"] for row in page.context["rows"]}


def exemptions(client, tenant):
    found = client.get("/officer/registers/exemptions/").context["rows"]
    return [row for row in found if row["organization"].pk == tenant.organization.pk]


def test_the_register_is_searched_by_name_place_and_type(client, unit):
    address = "/officer/registers/"
    assert rows(client.get(address, {"q": unit.name.lower()})) == {unit.name: 0}
    assert unit.name in rows(client.get(address, {"q": "us-me"}))
    assert rows(client.get(address, {"q": "northport", "type": "health"})) == {}


def test_it_says_which_organizations_work_for_a_body(client, unit):
    tenant, former = new_tenant("Harbor Light"), new_tenant("Quayside Aid")
    determine(tenant, "find_missing_child", unit)
    determine(former, "find_missing_child", unit)
    determine(former, "find_missing_child")  # the newest determination names it no more
    assert rows(client.get("/officer/registers/", {"q": unit.name})) == {unit.name: 1}
    page = client.get(f"/officer/registers/{unit.public_id}/").content.decode()
    assert "Harbor Light" in page
    assert "Quayside Aid" not in page


def test_an_exemption_that_rests_on_several_documents_is_listed_with_their_names(client, unit):
    tenant = new_tenant("Quayside Two")
    determine(tenant, "find_missing_child", unit, **EXEMPT, exemption_evidence="evi_1 / evi_2")
    [row] = exemptions(client, tenant)
    assert (row["evidence"], row["evidence_url"]) == ("evi_1 / evi_2", "")


def test_a_body_is_entered_once_and_recorded(client):
    sent = {"name": "Fenwick Rescue", "organization_type": "humanitarian_tracing", "jurisdiction": "GB"}
    for _ in range(2):
        assert client.post("/officer/registers/", sent).status_code == 302
    entry = EndUser.objects.get(name="Fenwick Rescue")
    assert Event.objects.about(entry.public_id).filter(verb="end_user.registered").count() == 1


def test_a_place_that_is_none_is_told_how_to_write_one(client):
    sent = {"name": "Fenwick Aid", "organization_type": "health", "jurisdiction": "Maine"}
    page = client.post("/officer/registers/", sent)
    assert page.status_code == 422
    assert "US-WA" in page.content.decode()
    assert not EndUser.objects.filter(name="Fenwick Aid").exists()


def test_exemptions_in_force_are_listed_with_what_is_left(client, unit):
    tenant = new_tenant("Harbor Light")
    end = timezone.now() + timedelta(days=5)
    determine(tenant, "find_missing_child", unit, **EXEMPT, exemption_expires_at=end)
    [row] = exemptions(client, tenant)
    assert (row["end_user"].pk, row["ends_at"]) == (unit.pk, end)
    assert 4.9 < row["left"] / 86400 <= 5


@pytest.mark.parametrize("days", [-1, 0])
def test_an_exemption_that_ended_is_not_listed(client, unit, days):
    tenant = new_tenant("Harbor Light")
    end = timezone.now() + timedelta(days=days)
    determine(tenant, "find_missing_child", unit, **EXEMPT, exemption_expires_at=end)
    assert exemptions(client, tenant) == []


def test_an_exemption_of_an_earlier_determination_is_not_listed(client, unit):
    tenant = new_tenant("Harbor Light")
    determine(tenant, "find_missing_child", unit, **EXEMPT)
    determine(tenant, "find_missing_child", unit)
    assert exemptions(client, tenant) == []
