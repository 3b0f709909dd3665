import re

import pytest
from django.core import mail

from portal.tenancy.models import Officer, OfficerProposal
from tests.web.officer.people import officer_client, only_officers

EMAIL = "nora@office.example"


@pytest.fixture
def three(fresh_database):
    return only_officers("Ada", "Ben", "Cleo")


def proposed(officer) -> str:
    officer_client(officer).post("/officer/officers/", {"email": EMAIL})
    return f"/officer/officers/proposals/{OfficerProposal.objects.get(email=EMAIL).public_id}/"


def test_two_officers_appoint_a_third_who_gets_a_link(three):
    page = proposed(three[0])
    listed = officer_client(three[1]).get("/officer/officers/").content.decode()
    assert "1 more approval needed" in listed
    officer_client(three[1]).post(page, {"approve": "1"})
    assert Officer.objects.filter(user__email=EMAIL, active=True).exists()
    assert re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)


def test_whoever_proposed_cannot_approve_by_a_made_up_request(three):
    answer = officer_client(three[0]).post(proposed(three[0]), {"approve": "1"})
    assert answer.status_code == 409
    assert not Officer.objects.filter(user__email=EMAIL).exists()


def test_what_is_wrong_with_a_proposal_stands_at_its_field(three):
    answer = officer_client(three[0]).post("/officer/officers/", {"email": "no address"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]


def test_proposing_the_same_again_is_said_on_the_form(three):
    proposed(three[0])
    answer = officer_client(three[1]).post("/officer/officers/", {"email": EMAIL})
    assert "proposed already" in answer.content.decode()


def test_a_dismissed_officer_finds_no_office(three):
    officer = Officer.objects.get(user_id=three[2].user_id)
    officer_client(three[0]).post(f"/officer/officers/{officer.public_id}/dismiss/")
    proposal = OfficerProposal.objects.get(officer=officer)
    officer_client(three[1]).post(f"/officer/officers/proposals/{proposal.public_id}/", {"approve": "1"})
    assert officer_client(three[2]).get("/officer/").status_code == 404
