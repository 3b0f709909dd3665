"""Home, trail, and organizations of one person."""

import re

import pytest

from portal.audit import sequencer
from portal.audit.models import Event, Leaf
from portal.tenancy.actions import members
from portal.tenancy.models import Organization, User
from portal.tenancy.roles import Role
from tests.compliance.conftest import new_officer, new_tenant
from tests.support.jobs import ANNA, photo
from tests.web.tenant.conftest import browser, join, new_site


def test_home_shows_standing_grants_and_their_end(site, database):
    page = site.alice.get("/").content.decode()
    for words in ("Active", "Not covered by a moratorium", "in 89 days", "countenance-default@"):
        assert words in page


def test_home_shows_the_moratorium_to_whom_it_covers(bob):
    page = bob.get("/").content.decode()
    assert "Moratorium in force" in page
    assert "Covered by a moratorium" in page


def test_home_leaves_the_moratorium_out_where_it_says_nothing(site, database):
    assert "Moratorium in force" not in site.alice.get("/").content.decode()


def test_a_newcomer_is_led_to_the_application_and_nowhere_else(database):
    page = browser(new_tenant("Fresh Start", status="draft").administrator).get("/").content.decode()
    assert 'href="/onboarding/"' in page
    assert page.count("Cannot start yet") == 3
    assert "Nothing is granted yet" in page


def test_home_counts_what_a_reviewer_has_to_judge(database):
    own = new_site()
    page = own.member(Role.REVIEWER, trained=True).get("/").content.decode()
    assert re.search(r"Candidates to judge.*?figure-value\">1<", page, re.DOTALL)


def test_home_lists_what_runs(database):
    own = new_site()
    job = own.desk.submit("search", [("later.png", photo(ANNA))])
    assert f"/jobs/{job.public_id}/" in own.alice.get("/").content.decode()


def test_somebody_without_an_organization_founds_one_and_applies(charlie):
    assert charlie.get("/")["Location"] == "/organizations/new/"
    answer = charlie.post("/organizations/new/", {"name": "Lantern Trust"})
    assert answer["Location"] == "/onboarding/"
    made = Organization.objects.filter(name="Lantern Trust").latest("created_at")
    assert (made.status, made.synthetic) == ("draft", False)
    assert "Lantern Trust" in charlie.get("/").content.decode()


def test_an_officer_without_an_organization_goes_to_the_office(database):
    officer = new_officer("olive")
    answer = browser(User.objects.get(pk=officer.user_id)).get("/")
    assert answer["Location"] == "/officer/"


def test_a_member_of_two_organizations_acts_for_the_one_they_choose(site, database):
    user = join(site.organization, Role.ANALYST, site.desk)
    other = new_tenant("Second Shelter")
    members.add(organization=other.organization, user=user, role=Role.AUDITOR, by=other.actor)
    client = browser(user)
    assert site.organization.name in client.get("/").content.decode()
    client.post("/organizations/", {"organization": other.organization.public_id})
    assert "Second Shelter" in client.get("/").content.decode()
    assert client.get("/jobs/new/").status_code == 403


@pytest.mark.parametrize("value", ["", "org_nothing"])
def test_nobody_acts_for_an_organization_they_do_not_belong_to(site, bob, value):
    choice = value or site.organization.public_id
    assert bob.post("/organizations/", {"organization": choice}).status_code == 404
    assert site.organization.name not in bob.get("/").content.decode()


def test_the_trail_tells_what_happened_and_by_whom(site, database):
    page = site.alice.get("/trail/?verb=gallery.created").content.decode()
    assert "A gallery was created" in page
    assert site.desk.tenant.administrator.name in page
    assert "A job was submitted</p>" not in page


def test_the_trail_is_one_organizations_own(site, bob):
    assert site.desk.gallery.public_id not in bob.get("/trail/").content.decode()


def test_the_trail_tells_the_place_of_each_event_in_the_published_log(site, database):
    while sequencer.run():
        pass
    made = Event.objects.get(verb="gallery.created", target=site.desk.gallery.public_id)
    index = Leaf.objects.get(event_id=made.pk).index
    assert (
        f"Entry {index:,} of the published log"
        in site.alice.get("/trail/?verb=gallery.created").content.decode()
    )


def test_the_trail_comes_in_pages(site, database):
    for _ in range(13):  # each look leaves a ruling and an event of its own
        site.alice.get(site.paths()["results"])
    first = site.alice.get("/trail/").content.decode()
    assert 'href="?page=2"' in first
    assert site.alice.get("/trail/?page=2").content.decode() != first


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "99999999999999999999"])
def test_a_page_that_is_no_number_is_the_first_or_empty(site, database, page):
    assert site.alice.get("/trail/", {"page": page}).status_code == 200
