"""What a page offers as the next step, to whom, and what it says where there is none."""

import pytest
from django.urls import reverse

from portal.tenancy.roles import Role
from portal.web.trail import told
from recognition.models import JobStatus
from tests.compliance.conftest import new_tenant
from tests.support.records import new_record
from tests.support.review import clear_ledger
from tests.web.tenant.conftest import browser, new_site


def page(client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.fixture
def newcomer(database):
    """The administrator of an organization that was granted nothing."""
    return browser(new_tenant("Fresh Start", status="draft").administrator)


@pytest.mark.parametrize("address", ["/galleries/", "/jobs/new/"])
def test_who_was_granted_nothing_is_led_to_the_application(newcomer, address):
    shown = page(newcomer, address)
    assert "First apply" in shown
    assert "/galleries/new/" not in shown


def test_an_application_that_was_begun_is_shown_as_in_progress(newcomer):
    newcomer.post("/onboarding/start/", {"kind": "onboarding"})
    assert "In progress" in page(newcomer, "/")


def test_nobody_is_offered_to_declare_what_is_not_answered(newcomer):
    tasks = newcomer.post("/onboarding/start/", {"kind": "onboarding"})["Location"]
    shown = page(newcomer, f"{tasks}check/")
    assert "You can submit once they do" in shown
    assert "Declare and submit" not in shown


def test_a_reviewer_is_offered_to_judge_first_and_an_administrator_to_look(database):
    clear_ledger()
    own = new_site()
    assert own.job.status == JobStatus.RELEASED
    judge = reverse("next_candidate", args=[own.job.public_id])
    assert judge in page(own.member(Role.REVIEWER, trained=True), own.paths()["job"])
    assert judge not in page(own.alice, own.paths()["job"])


def test_an_address_of_a_form_says_so_to_who_comes_by_a_link(site, database):
    answer = site.alice.get(reverse("approve_job", args=[site.job.public_id]))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "only takes what a form sends" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "part"), [("candidate", "Jobs"), ("ruling", "Jobs"), ("gallery", "Galleries")]
)
def test_every_page_shows_where_in_the_navigation_it_belongs(site, database, name, part):
    shown = page(site.alice, site.paths()[name])
    assert shown.split('aria-current="page">')[1].startswith(part)


def test_the_trail_links_to_a_case_only_for_those_who_may_open_it(site, database):
    made = new_record(site.desk, reference="WAYS-1")
    address = reverse("case", args=[made.public_id])
    assert address in page(site.alice, "/trail/")
    assert made.public_id in page(site.member(Role.AUDITOR), "/trail/")
    assert address not in page(site.member(Role.AUDITOR), "/trail/")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-29T17:47:51.766109+00:00", "November 29, 2026, 17:47 UTC"),
        ("2026-11-29", "November 29, 2026"),
        ("2026-02-30", "2026-02-30"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("find_missing_child", "Find a missing child"),
        ("job_01m8m1wvdhfz48v8vvrcby20vn", "job_01m8m1wvdhfz48v8vvrcby20vn"),
        (["us-police-2020", True], "us-police-2020, yes"),
    ],
)
def test_the_trail_tells_moments_and_purposes_in_words_and_ids_as_they_are(value, words):
    assert told(value) == words
