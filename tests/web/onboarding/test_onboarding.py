from urllib.parse import urlsplit

import pytest
from django.test import Client

from compliance.models import Application, Case, Evidence
from portal.audit.models import Event
from portal.tenancy.actions import members
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import new_user
from tests.web.officer.people import ANSWERS, POLICE, applicant, charter, signed_in, started, submitted

QUESTIONS = [name for name in ANSWERS if name != "end_users"]


@pytest.fixture
def tenant(database):
    return applicant()


@pytest.fixture
def client(tenant):
    return signed_in(tenant.administrator)


def application_of(tenant):
    with tenant_scope(tenant.organization):
        return Application.objects.select_related("organization").get()


def as_sent(name):
    value = ANSWERS[name]
    places = name in {"establishment", "processing", "subjects"}
    return "\n".join(value) if places else value


def test_an_application_from_nothing_to_submitted(tenant, client):
    page = client.post("/onboarding/start/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/onboarding/app_")
    base = urlsplit(page.redirect_chain[-1][0]).path
    for name in QUESTIONS:
        assert client.post(f"{base}{name}/", {name: as_sent(name)}).status_code == 302, name
    client.post(f"{base}end_users/", {"itself": "1"})
    body = {"name": POLICE, "organization_type": "law_enforcement_local", "jurisdiction": "us-wa"}
    client.post(f"{base}end_users/", body)
    client.post(f"{base}evidence/", {"kind": "registration", "file": charter()})
    assert client.post(f"{base}submit/", {"declared": "on"}).headers["Location"] == f"{base}status/"
    assert Organization.objects.get(pk=tenant.organization.pk).status == "submitted"
    with tenant_scope(tenant.organization):
        assert Case.objects.get().status == "new"
        assert Application.objects.get().answers["end_users"][1]["jurisdiction"] == "US-WA"
        assert Evidence.objects.get().status == "received"


def test_the_task_list_says_what_is_done(tenant, client):
    application = started(tenant, security="")
    page = client.get(f"/onboarding/{application.public_id}/")
    states = {task["title"]: task["status"] for task in page.context["tasks"]}
    assert states["Your organization"] == "completed"
    assert states["Security"] == "in_progress"
    assert states["Evidence"] == "not_started"


def test_a_question_shows_why_it_is_asked_and_which_rule_uses_it(tenant, client):
    application = started(tenant)
    page = client.get(f"/onboarding/{application.public_id}/organization_type/").content.decode()
    assert "The moratorium and each purpose look at the type." in page
    assert "us-police-2020" in page


def test_an_empty_answer_is_asked_for_again(tenant, client):
    application = started(tenant)
    page = client.post(f"/onboarding/{application.public_id}/legal_name/", {"legal_name": ""})
    assert page.status_code == 422
    assert "Answer this question" in page.content.decode()
    assert application_of(tenant).answers["legal_name"] == ANSWERS["legal_name"]


def test_save_and_exit_leads_back_to_the_task_list(tenant, client):
    application = started(tenant)
    address = f"/onboarding/{application.public_id}/"
    answer = {"legal_name": "Harbor Light Inc.", "exit": "1"}
    assert client.post(f"{address}legal_name/", answer).headers["Location"] == address
    assert application_of(tenant).answers["legal_name"] == "Harbor Light Inc."


def test_a_change_from_the_check_page_leads_back_there(tenant, client):
    application = started(tenant)
    address = f"/onboarding/{application.public_id}/"
    page = client.post(f"{address}legal_form/?from=check", {"legal_form": "Trust"})
    assert page.headers["Location"] == f"{address}check/"


def test_a_place_that_is_no_code_is_named(tenant, client):
    application = started(tenant)
    page = client.post(f"/onboarding/{application.public_id}/subjects/", {"subjects": "Washington"})
    assert "is no jurisdiction: write a country or a part of one" in page.content.decode()


def test_the_precheck_names_moratorium_exemption_and_document(tenant, client):
    application = started(tenant)
    page = client.get(f"/onboarding/{application.public_id}/").content.decode()
    assert "With these answers the moratorium applies." in page
    assert "humanitarian-exemption" in page
    assert f"Agreement with, or letter from, {POLICE}" in page


def test_the_precheck_answers_before_anything_is_saved(tenant, client):
    application = started(tenant)
    address = f"/onboarding/{application.public_id}/precheck/"
    page = client.get(address, {"organization_type": "law_enforcement_local"}).content.decode()
    assert "With these answers the moratorium applies." in page
    assert "humanitarian-exemption" not in page
    assert application_of(tenant).answers["organization_type"] == "child_protection_ngo"


def test_a_body_can_be_taken_off_the_list(tenant, client):
    application = started(tenant)
    client.post(f"/onboarding/{application.public_id}/end_users/2/remove/")
    assert [one["organization_type"] for one in application_of(tenant).answers["end_users"]] == [None]


def test_a_body_half_named_is_not_lost_by_going_on(tenant, client):
    address = f"/onboarding/{started(tenant).public_id}/end_users/"
    assert client.post(address, {"name": "Westford Rescue", "continue": "1"}).status_code == 422
    body = {"name": "Westford Rescue", "organization_type": "missing_persons_ngo", "continue": "1"}
    assert client.post(address, body)["Location"] == address.removesuffix("end_users/")
    assert application_of(tenant).answers["end_users"][-1]["name"] == "Westford Rescue"
    assert client.post(address, {"continue": "1"})["Location"] == address.removesuffix("end_users/")


def test_a_document_comes_back_as_it_was_sent(tenant, client):
    application = started(tenant)
    address = f"/onboarding/{application.public_id}/evidence/"
    day = {"expires_on_month": "12", "expires_on_day": "31", "expires_on_year": "2027"}
    client.post(address, {"kind": "impact_assessment", "file": charter("dpia.txt"), **day})
    with tenant_scope(tenant.organization):
        evidence = Evidence.objects.get()
    assert (evidence.record, evidence.expires_at.year) == ("impact_assessment", 2027)
    page = client.get(f"/onboarding/evidence/{evidence.public_id}/")
    assert b"".join(page.streaming_content) == b"Registered as a charity."
    assert page.headers["Cache-Control"] == "private, no-store"


def test_a_program_is_no_document(tenant, client):
    application = started(tenant)
    file = charter("run.exe")
    file.content_type = "application/octet-stream"
    page = client.post(f"/onboarding/{application.public_id}/evidence/", {"kind": "other", "file": file})
    assert page.status_code == 422
    assert "Send a PDF, PNG, JPEG or text file." in page.content.decode()


def test_nothing_is_submitted_while_an_answer_is_missing(tenant, client):
    application = started(tenant, legal_basis="")
    page = client.post(f"/onboarding/{application.public_id}/submit/", {"declared": "on"})
    assert page.status_code == 422
    assert f"/onboarding/{application.public_id}/legal_basis/?from=check" in page.content.decode()
    assert application_of(tenant).status == "draft"


def test_nothing_is_submitted_without_the_declaration(tenant, client):
    application = started(tenant)
    assert client.post(f"/onboarding/{application.public_id}/submit/", {}).status_code == 422
    assert application_of(tenant).status == "draft"


def test_the_hash_that_is_shown_is_the_hash_that_is_declared(tenant, client):
    application = started(tenant)
    address = f"/onboarding/{application.public_id}/"
    shown = client.get(f"{address}check/").context["digest"]
    client.post(f"{address}submit/", {"declared": "on"})
    assert application_of(tenant).declaration == shown
    assert shown in client.get(f"{address}status/").content.decode()


def test_a_form_from_elsewhere_gets_a_clear_page_and_changes_nothing(tenant):
    application = started(tenant)
    client = signed_in(tenant.administrator, enforce_csrf_checks=True)
    page = client.post(f"/onboarding/{application.public_id}/legal_name/", {"legal_name": "Other"})
    assert page.status_code == 403
    assert "Nothing was changed." in page.content.decode()
    assert application_of(tenant).answers["legal_name"] == ANSWERS["legal_name"]


def test_an_application_is_withdrawn_after_asking_once_more(tenant, client):
    application = submitted(tenant)
    address = f"/onboarding/{application.public_id}/withdraw/"
    assert "Withdraw application" in client.get(address).content.decode()
    assert application_of(tenant).status == "submitted"
    client.post(address)
    assert application_of(tenant).status == "withdrawn"


def test_a_reader_can_look_and_not_write(tenant):
    application = started(tenant)
    auditor = new_user("auditor")
    members.add(organization=tenant.organization, user=auditor, role=Role.AUDITOR, by=tenant.actor)
    client = signed_in(auditor)
    address = f"/onboarding/{application.public_id}/legal_name/"
    assert "Save and continue" not in client.get(address).content.decode()
    assert client.post(address, {"legal_name": "Other"}).status_code == 403


ADDRESSES = (
    "", "precheck/", "evidence/", "check/", "status/", "withdraw/", "end_users/", "legal_name/",
)  # fmt: skip


@pytest.mark.parametrize("tail", ADDRESSES)
def test_a_stranger_finds_nothing_at_the_addresses_of_an_application(tenant, tail):
    application = started(tenant)
    stranger = signed_in(applicant("Stranger").administrator)
    assert stranger.get(f"/onboarding/{application.public_id}/{tail}").status_code == 404


@pytest.mark.parametrize("tail", ["submit/", "reply/", "withdraw/", "end_users/1/remove/", "legal_name/"])
def test_a_stranger_changes_nothing_at_the_addresses_of_an_application(tenant, tail):
    application = started(tenant)
    stranger = signed_in(applicant("Stranger").administrator)
    sent = {"declared": "on", "body": "x", "legal_name": "x"}
    before = Event.objects.count()
    assert stranger.post(f"/onboarding/{application.public_id}/{tail}", sent).status_code == 404
    assert Event.objects.count() == before


def test_a_stranger_cannot_open_a_document(tenant, client):
    application = started(tenant)
    client.post(f"/onboarding/{application.public_id}/evidence/", {"kind": "other", "file": charter()})
    with tenant_scope(tenant.organization):
        evidence = Evidence.objects.get()
    stranger = signed_in(applicant("Stranger").administrator)
    assert stranger.get(f"/onboarding/evidence/{evidence.public_id}/").status_code == 404


def test_visitors_are_led_to_sign_in(database):
    page = Client().get("/onboarding/standing/")
    assert page.headers["Location"] == "/accounts/login/?next=/onboarding/standing/"


def test_a_member_who_left_finds_nothing(tenant):
    application = started(tenant)
    Membership.objects.filter(organization=tenant.organization).update(ended_at="2026-01-01T00:00Z")
    client = signed_in(tenant.administrator)
    assert client.get(f"/onboarding/{application.public_id}/").status_code == 404
    assert Actor.for_user(tenant.administrator).organization_id is None
