"""The platform-wide stop on screen: for officers, tenants and everybody."""

import pytest
from django.test import Client

from compliance.actions import stops
from compliance.models import PackChoice, PolicyEpoch, PolicyProposal, PolicyVersionRecord
from tests.web.officer.people import applicant, officer_client, only_officers, signed_in

BANNER = "The whole platform is stopped</strong>"


@pytest.fixture
def officers(fresh_database):
    return only_officers("Ada", "Ben")


def test_one_officer_stops_the_platform_and_two_let_it_go_on(officers):
    ada, ben = map(officer_client, officers)
    assert ada.post("/officer/policies/stop/", {"reasons": "", "stop": "1"}).status_code == 422
    ada.post("/officer/policies/stop/", {"reasons": "Keys were stolen.", "stop": "1"})
    assert "Keys were stolen." in ben.get("/officer/policies/stop/").content.decode()
    ada.post("/officer/policies/stop/", {"reasons": "They were changed.", "lift": "1"})
    lift = PolicyProposal.objects.get(status="waiting")
    page = f"/officer/policies/proposals/{lift.public_id}/"
    assert ada.post(page, {"countersign": "1", "sha256": lift.sha256}).status_code == 403
    assert BANNER in Client().get("/transparency/").content.decode()
    ben.post(page, {"countersign": "1", "sha256": lift.sha256})
    assert BANNER not in Client().get("/transparency/").content.decode()


def test_a_form_open_while_another_officer_stopped_lifts_nothing(officers):
    ada, ben = map(officer_client, officers)
    ada.post("/officer/policies/stop/", {"reasons": "Keys were stolen.", "stop": "1"})
    page = ben.post("/officer/policies/stop/", {"reasons": "Keys were stolen.", "stop": "1"})
    assert (page.status_code, PolicyProposal.objects.filter(status="waiting").count()) == (422, 0)


def test_every_page_says_that_the_platform_is_stopped(officers):
    member = signed_in(applicant().administrator)
    assert BANNER not in member.get("/").content.decode()
    stops.declare(reasons="Keys were stolen.", by=officers[0])
    pages = (member.get("/"), officer_client(officers[1]).get("/officer/"), Client().get("/transparency/"))
    assert all(BANNER in page.content.decode() for page in pages)
    assert BANNER in Client().get("/no-such-page/").content.decode()
    assert "Keys were stolen." in pages[2].content.decode()


def test_another_pack_is_proposed_and_approved_on_screen(officers):
    ada, ben = map(officer_client, officers)
    ada.post("/officer/policies/choices/", {"pack": "us-police-2020-service-terms", "reasons": "Narrower"})
    choice = PackChoice.objects.get()
    page = f"/officer/policies/choices/{choice.public_id}/"
    assert not ada.get(page).context["can_decide"]
    assert ada.post(page, {"countersign": "1", "sha256": choice.sha256}).status_code == 403
    ben.post(page, {"countersign": "1", "sha256": choice.sha256})
    choice.refresh_from_db()
    assert (choice.status, PolicyEpoch.objects.get().pack) == ("scheduled", "countenance-default")
    assert choice.new in Client().get("/transparency/").content.decode()
    ada.post(page, {"withdraw": "1"})
    choice.refresh_from_db()
    assert choice.status == "withdrawn"


def test_a_member_finds_no_stop(officers):
    member = signed_in(applicant().administrator)
    assert member.post("/officer/policies/stop/", {"reasons": "Stop.", "stop": "1"}).status_code == 404
    assert not PolicyVersionRecord.objects.filter(recorded_by__startswith="usr_").exists()
