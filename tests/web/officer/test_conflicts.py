"""Declaring and withdrawing a conflict about a whole organization, over HTTP."""

import pytest

from compliance.models import OrganizationRecusal
from portal.tenancy.scope import officer_scope
from tests.web.officer.people import applicant, officer_client, only_officers, submitted, under_review


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


@pytest.fixture
def declared(officers):
    """An organization, whoever declared a conflict about it over HTTP, and another officer."""
    tenant = applicant()
    submitted(tenant)
    case, officer = under_review(tenant, officers)
    sent = {"recuse-body": "My sister leads it.", "recuse-whole_organization": "on"}
    officer_client(officer).post(f"/officer/cases/{case.public_id}/recuse/", sent)
    return tenant, officer, next(one for one in officers if one != officer)


def standing(tenant):
    with officer_scope():
        return OrganizationRecusal.objects.standing().filter(organization=tenant.organization).first()


def page(tenant, officer):
    return officer_client(officer).get(f"/officer/organizations/{tenant.organization.public_id}/")


def test_a_conflict_declared_for_the_organization_stands_on_its_page(declared):
    tenant, officer, other = declared
    assert standing(tenant).officer_id == officer.user_id
    assert [one["officer"].pk for one in page(tenant, other).context["recusals"]] == [officer.user_id]


def test_whoever_declared_it_is_offered_no_step_on_the_page(declared):
    tenant, officer, _ = declared
    shown = page(tenant, officer)
    assert not any(shown.context[name] for name in ("can_suspend", "can_restrict", "can_revoke"))
    assert shown.context["recusals"][0]["form"] is None
    answer = officer_client(officer).post(f"/officer/recusals/{standing(tenant).public_id}/", {})
    assert (answer.status_code, standing(tenant).officer_id) == (422, officer.user_id)


def test_nobody_withdraws_their_own(declared):
    tenant, officer, _ = declared
    recusal = standing(tenant)
    sent = {f"{recusal.public_id}-reasons": "It is over."}
    answer = officer_client(officer).post(f"/officer/recusals/{recusal.public_id}/", sent)
    assert (answer.status_code, answer.context["code"]) == (403, "second_officer")


def test_another_officer_withdraws_it_with_reasons(declared):
    tenant, _, other = declared
    recusal = standing(tenant)
    address = f"/officer/recusals/{recusal.public_id}/"
    assert officer_client(other).post(address, {}).status_code == 422
    officer_client(other).post(address, {f"{recusal.public_id}-reasons": "The sister left."})
    assert standing(tenant) is None
    assert "Another officer withdrew a conflict of interest" in page(tenant, other).content.decode()
