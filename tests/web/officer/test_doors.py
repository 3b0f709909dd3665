"""Who gets in, and what a page of the office costs."""

import time

import pytest
from allauth.mfa.totp.internal import auth
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.tenancy.models import Officer, User
from portal.web.officer.guards import IDLE_SECONDS, SEEN_AT
from portal.web.officer.urls import urlpatterns
from tests.web.officer.people import applicant, case_of, officer_client, only_officers, signed_in, submitted

PASSWORD = "a long and quiet harbor"
ARGUMENTS = {
    "case_id": "cas_00000000000000000000000000",
    "evidence_id": "evi_00000000000000000000000000",
    "organization_id": "org_00000000000000000000000000",
    "proposal_id": "prp_00000000000000000000000000",
    "policy_id": "pol_00000000000000000000000000",
    "officer_id": "off_00000000000000000000000000",
    "glass_id": "brk_00000000000000000000000000",
    "item_id": "itm_00000000000000000000000000",
    "sample_id": "smp_00000000000000000000000000",
    "end_user_id": "eus_00000000000000000000000000",
    "choice_id": "pch_00000000000000000000000000",
    "draft_id": "prp_00000000000000000000000000",
    "look_id": "slk_00000000000000000000000000",
    "rule_id": "live-off",
    "simulation_id": "sim_00000000000000000000000000",
    "view_id": "vew_00000000000000000000000000",
    "what": "propose",
    "number": 0,
    "recusal_id": "orc_00000000000000000000000000",
    "grant_id": "gra_00000000000000000000000000",
    "measure_id": "mea_00000000000000000000000000",
    "intake_id": "int_00000000000000000000000000",
    "demand_id": "dem_00000000000000000000000000",
    "hold_id": "hld_00000000000000000000000000",
    "breach_id": "bre_00000000000000000000000000",
    "urgent_id": "urg_00000000000000000000000000",
}
NAMES = [pattern.name for pattern in urlpatterns]


def address(name):
    pattern = next(one for one in urlpatterns if one.name == name)
    wanted = pattern.pattern.converters
    return reverse(name, kwargs={key: ARGUMENTS[key] for key in wanted})


@pytest.fixture
def officer(database):
    return only_officers("Ada", "Ben")[0]


@pytest.mark.parametrize("name", NAMES)
def test_to_a_member_the_office_does_not_exist(database, name):
    client = signed_in(applicant().administrator)
    assert client.get(address(name)).status_code == 404
    assert client.post(address(name)).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_is_led_to_sign_in(database, name):
    assert Client().get(address(name)).headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "name",
    [
        "officer_case",
        "officer_breach",
        "officer_choice",
        "officer_demand",
        "officer_draft",
        "officer_evidence_open",
        "officer_intake",
        "officer_measure",
        "officer_organization",
        "officer_policy",
        "officer_policy_download",
        "officer_proposal",
        "officer_revoke",
        "officer_simulation",
        "officer_urgent",
    ],
)
def test_what_never_was_is_not_found(officer, name):
    assert officer_client(officer).get(address(name)).status_code == 404


def test_an_officer_who_was_dismissed_finds_nothing(officer):
    client = officer_client(officer)
    Officer.objects.filter(user_id=officer.user_id).update(active=False)
    assert client.get("/officer/").status_code == 404


@override_settings(OFFICER_SECOND_FACTOR=True)
def test_an_officer_without_a_second_factor_is_sent_to_set_one_up(officer):
    assert officer_client(officer).get("/officer/").headers["Location"] == reverse("mfa_index")


@override_settings(OFFICER_SECOND_FACTOR=True)
def test_an_officer_gets_in_with_password_and_code(officer):
    user = User.objects.get(pk=officer.user_id)
    user.set_password(PASSWORD)
    user.save()
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(user, secret)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get("/officer/").status_code == 302
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    code = auth.format_hotp_value(auth.hotp_value(secret, counter))
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/officer/").status_code == 200


def test_an_officer_who_was_away_signs_in_again(officer):
    client = officer_client(officer)
    session = client.session
    session[SEEN_AT] = int(time.time()) - IDLE_SECONDS - 60
    session.save()
    page = client.get("/officer/trail/")
    assert page.headers["Location"] == f"{reverse('account_reauthenticate')}?next=%2Fofficer%2Ftrail%2F"


def test_the_queue_asks_the_database_no_more_for_more_cases(officer):
    client = officer_client(officer)
    submitted(applicant())
    client.get("/officer/")
    with CaptureQueriesContext(connection) as few:
        client.get("/officer/")
    for _ in range(4):
        submitted(applicant())
    with CaptureQueriesContext(connection) as many:
        client.get("/officer/")
    assert len(many) == len(few)


def test_the_queue_shows_what_is_due_first(officer):
    tenant = applicant()
    submitted(tenant)
    page = officer_client(officer).get("/officer/", {"kind": "onboarding", "status": "new"})
    due = [row["case"].due_at for row in page.context["rows"]]
    assert due == sorted(due)


def test_the_filter_mine_shows_only_cases_of_the_officer(officer):
    submitted(applicant())
    page = officer_client(officer).get("/officer/", {"who": "mine"})
    assert page.context["rows"] == []
    assert "No case here" in page.content.decode()


def test_a_filter_that_is_no_word_shows_the_open_cases(officer):
    submitted(applicant())
    page = officer_client(officer).get("/officer/", {"status": "xyz", "page": "minus"})
    assert page.status_code == 200
    assert page.context["rows"]


def test_the_directory_finds_an_organization_by_name(officer):
    tenant = applicant("Lantern House")
    page = officer_client(officer).get("/officer/organizations/", {"name": tenant.organization.name})
    assert [row["name"] for row in page.context["rows"]] == [tenant.organization.name]


def test_every_version_shows_source_and_reading_apart(officer):
    client = officer_client(officer)
    listed = client.get("/officer/policies/")
    versions = listed.context["versions"]
    assert "in_force" in {version["status"].removesuffix("_unratified") for version in versions}
    page = client.get(versions[0]["url"]).content.decode()
    assert "The source says" in page
    assert "Our reading" in page


def test_the_trail_is_filtered_by_what_it_is_about(officer):
    tenant = applicant()
    submitted(tenant)
    case = case_of(tenant)
    page = officer_client(officer).get("/officer/trail/", {"target": case.public_id})
    [row] = page.context["rows"]
    assert (row["event"].verb, row["place"]) == ("case.opened", "Waits for its place in the published log")


def test_a_form_of_the_office_from_elsewhere_changes_nothing(officer):
    tenant = applicant()
    submitted(tenant)
    client = signed_in(_user(officer), enforce_csrf_checks=True)
    page = client.post(f"/officer/cases/{case_of(tenant).public_id}/assign/")
    assert page.status_code == 403
    assert "Nothing was changed." in page.content.decode()
    assert case_of(tenant).status == "new"


def _user(officer):
    return User.objects.get(pk=officer.user_id)
