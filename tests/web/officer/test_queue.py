"""The queue: filters, risk with its reasons, views of one's own, second looks and figures."""

import pytest

from compliance.actions import decisions
from compliance.models import Case, SavedView, SecondLook
from portal.tenancy.scope import officer_scope
from tests.compliance.office import finding_for
from tests.web.officer.people import (
    applicant,
    case_of,
    officer_client,
    only_officers,
    submitted,
    under_review,
)


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


@pytest.fixture
def tenant(database):
    return applicant()


def shown(client, tenant, query=""):
    """Return the case of a tenant as the queue shows it, None where it does not."""
    page = client.get(f"/officer/?organization={tenant.organization.name}&{query}")
    rows = page.context["rows"]  # other tests' organizations may have a longer name of the same beginning
    return next((row for row in rows if row["case"].organization_id == tenant.organization.pk), None)


def test_a_case_shows_its_risk_and_every_reason(tenant, officers):
    submitted(tenant)
    page = officer_client(officers[0]).get(f"/officer/?organization={tenant.organization.name}")
    text = page.content.decode()
    assert "Police are a party." in text
    assert "Children are searched for." in text
    assert page.context["rows"][0]["risk"].level == "high_risk"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("risk=high_risk", True),
        ("risk=usual_risk", False),
        ("who=nobody", True),
        ("who=mine", False),
        ("status=overdue", False),
        ("kind=onboarding", True),
        ("kind=breach", False),
    ],
)
def test_a_filter_shows_what_it_says(tenant, officers, query, found):
    submitted(tenant)
    assert bool(shown(officer_client(officers[0]), tenant, query)) is found


def test_what_is_overdue_stands_first(officers):
    early, late = applicant("Late Harbor"), applicant("Late Quay")
    for one in (early, late):
        submitted(one)
    case = case_of(late)
    with officer_scope():
        Case.objects.filter(pk=case.pk).update(due_at="2020-01-01T00:00Z")
    page = officer_client(officers[0]).get("/officer/?organization=Late ")
    rows = page.context["rows"]
    assert rows[0]["case"].organization_id == late.organization.pk
    assert (rows[0]["overdue"], rows[-1]["overdue"]) == (True, False)


def test_an_officer_keeps_renames_and_deletes_a_view(officers):
    client = officer_client(officers[0])
    kept = client.post("/officer/views/", {"name": "Nobody's", "query": "who=nobody&risk=high_risk"})
    assert kept.url == "/officer/?who=nobody&risk=high_risk"
    view = SavedView.objects.get(officer_id=officers[0].user_id)
    assert "Nobody&#x27;s" in client.get("/officer/").content.decode()
    client.post(f"/officer/views/{view.public_id}/", {"name": "Untouched"})
    view.refresh_from_db()
    assert view.name == "Untouched"
    client.post(f"/officer/views/{view.public_id}/", {"delete": "1"})
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_a_view_of_the_same_name_or_without_one_is_refused(officers):
    client = officer_client(officers[0])
    client.post("/officer/views/", {"name": "Mine", "query": "who=mine"})
    again = client.post("/officer/views/", {"name": "MINE", "query": "who=nobody"})
    assert (again.status_code, again.context["code"]) == (409, "name_taken")
    assert client.post("/officer/views/", {"name": " ", "query": ""}).status_code == 422
    assert SavedView.objects.filter(officer_id=officers[0].user_id).count() == 1


def test_another_officers_view_does_not_exist(officers):
    officer_client(officers[0]).post("/officer/views/", {"name": "Mine", "query": "who=mine"})
    view = SavedView.objects.get(officer_id=officers[0].user_id)
    other = officer_client(officers[1])
    assert other.post(f"/officer/views/{view.public_id}/", {"delete": "1"}).status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()


@pytest.fixture
def look(tenant, officers, settings):
    """A second look, with the officer drawn."""
    settings.SECOND_LOOK_ONE_IN = 1
    submitted(tenant)
    case, first = under_review(tenant, officers)
    decisions.recommend(case=case, finding=finding_for(tenant.itself), by=first)
    with officer_scope():
        row = Case.objects.get(pk=case.pk)
    if row.second_officer_id:
        second = next(one for one in officers if one.user_id == row.second_officer_id)
        decisions.countersign(case=case, vote="approve", reasons="Seen.", by=second)
    else:
        decisions.determine(case=case, by=first)
    with officer_scope():
        found = SecondLook.objects.get(case=case)
    return found, next(one for one in officers if one.user_id == found.officer_id)


def test_the_officer_drawn_is_told_and_sees_no_decision(tenant, look):
    found, by = look
    client = officer_client(by)
    address = f"/officer/second-looks/{found.public_id}/"
    assert address in client.get("/officer/").content.decode()
    page = client.get(address).content.decode()
    assert "Registered charity; two trained reviewers." not in page
    for closed in (f"cases/{case_of(tenant).public_id}", f"organizations/{tenant.organization.public_id}"):
        refused = client.get(f"/officer/{closed}/")
        assert (refused.status_code, refused.context["code"]) == (403, "second_look")


def test_an_answer_opens_the_case_to_whoever_gave_it(tenant, look):
    found, by = look
    client = officer_client(by)
    answer = {"outcome": "granted", "moratorium_status": "not_covered", "reasons": "All was shown."}
    page = client.post(f"/officer/second-looks/{found.public_id}/", answer, follow=True)
    assert page.redirect_chain[-1][0] == f"/officer/cases/{case_of(tenant).public_id}/"
    assert "Both found the same." in page.content.decode()


def test_nobody_else_opens_a_second_look(look, officers):
    found, by = look
    other = next(one for one in officers if one != by)
    assert officer_client(other).get(f"/officer/second-looks/{found.public_id}/").status_code == 404


def test_the_figures_show_each_chart_with_its_table(tenant, officers):
    submitted(tenant)
    text = officer_client(officers[0]).get("/officer/figures/").content.decode()
    assert 'role="img"' in text
    assert "Open cases by kind" in text
    assert "Nobody has answered one yet." in text or "found the same" in text
