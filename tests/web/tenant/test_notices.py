"""What an organization is told and asks for: notices and urgent requests."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.actions import breaches, cases, intakes, legal_demands, person_requests, suspensions
from compliance.models import Case, UrgentRequest
from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant
from tests.support.jobs import Desk
from tests.web.officer.people import only_officers
from tests.web.tenant.conftest import browser, join

URGENT = {
    "purpose": "find_missing_child",
    "requested_by": "police",
    "authority": "Westford Police, Missing Children Unit",
    "authority_reference": "WP-2026-118",
    "case_reference": "CASE-118",
    "story": "Taken from a school two hours ago.",
}


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


@pytest.fixture
def tenant(officers):
    made = new_tenant(f"Harbor Light {timezone.now():%f}")
    determine(made, "find_missing_adult")
    return made


@pytest.fixture
def client(tenant):
    return browser(tenant.administrator)


def member(tenant, role):
    return browser(join(tenant.organization, role, Desk(tenant, None)))


def text(page):
    return page.content.decode()


# Urgent requests


def test_an_urgent_request_is_filed_and_seen(tenant, client):
    page = client.post("/urgent/new/", URGENT | {"end_user": tenant.itself.public_id}, follow=True)
    assert "CASE-118" in text(page)
    with tenant_scope(tenant.organization):
        assert UrgentRequest.objects.get().case.status == "assigned"


def test_what_is_missing_is_named_on_the_form(tenant, client):
    page = client.post("/urgent/new/", URGENT | {"end_user": "another", "authority": ""})
    assert page.status_code == 422
    page = client.post("/urgent/new/", URGENT | {"end_user": "another"})
    assert "Choose one end user, or name one body." in text(page)
    with tenant_scope(tenant.organization):
        assert not UrgentRequest.objects.exists()


def test_a_rule_that_refuses_is_shown_as_a_refusal(officers):
    police = new_tenant("Westford Police", "law_enforcement_local")
    determine(police, "criminal_investigation_lead", moratorium_status="covered")
    page = browser(police.administrator).post("/urgent/new/", URGENT | {"end_user": police.itself.public_id})
    assert page.status_code == 403
    assert "us-police-2020" in text(page)


def test_an_analyst_files_and_an_auditor_does_not(tenant):
    sent = URGENT | {"end_user": tenant.itself.public_id}
    assert member(tenant, Role.AUDITOR).post("/urgent/new/", sent).status_code == 403
    assert member(tenant, Role.ANALYST).post("/urgent/new/", sent).status_code == 302


def test_an_urgent_request_is_withdrawn(tenant, client):
    client.post("/urgent/new/", URGENT | {"end_user": tenant.itself.public_id})
    with tenant_scope(tenant.organization):
        filed = UrgentRequest.objects.get()
    client.post(f"/urgent/{filed.public_id}/withdraw/")
    assert "Withdrawn" in text(client.get("/urgent/"))


def test_a_stranger_withdraws_nothing(tenant, client):
    client.post("/urgent/new/", URGENT | {"end_user": tenant.itself.public_id})
    with tenant_scope(tenant.organization):
        filed = UrgentRequest.objects.get()
    stranger = browser(new_tenant("Quayside Aid").administrator)
    assert stranger.post(f"/urgent/{filed.public_id}/withdraw/").status_code == 404


def test_a_stopped_organization_is_told_that_it_cannot_ask(tenant, client):
    Organization.objects.filter(pk=tenant.organization.pk).update(status="suspended")
    assert "Only an organization that is active or in review" in text(client.get("/urgent/"))
    page = client.post("/urgent/new/", URGENT | {"end_user": tenant.itself.public_id})
    assert page.status_code == 422


# Notices


def test_where_nothing_was_told_the_page_says_what_would_stand_there(client):
    assert "No notice yet" in text(client.get("/notices/"))


def test_a_measure_stands_on_top_with_the_way_to_appeal(tenant, client, officers):
    suspensions.suspend(organization=tenant.organization, reasons="Results were resold.", by=officers[0])
    page = text(client.get("/notices/"))
    assert "Results were resold." in page
    assert "/onboarding/appeal/" in page


def test_a_demand_shows_once_it_may_be_told(tenant, client, officers):
    values = {
        "organization": tenant.organization,
        "kind": "subpoena",
        "issuer": "District Court",
        "scope": "Logs of May",
        "due_at": timezone.now() + timedelta(days=9),
        "by": officers[0],
    }
    gagged = timezone.now() + timedelta(days=5)
    secret = legal_demands.receive(reference="secret-1", gag_until=gagged, **values)
    told = legal_demands.receive(reference="told-1", **values)
    page = text(client.get(f"/notices/{told.case.public_id}/"))
    assert "Logs of May" in page
    assert client.get(f"/notices/{secret.case.public_id}/").status_code == 404
    for address in ("/notices/", "/onboarding/standing/", "/trail/", "/letters/"):
        assert "secret-1" not in text(client.get(address))
        assert secret.case.reference not in text(client.get(address))


def test_a_breach_shows_with_its_steps(tenant, client, officers):
    breach = breaches.open_breach(
        organization=tenant.organization,
        what="A backup was copied.",
        aware_at=timezone.now(),
        by=officers[0],
    )
    breaches.take_step(breach=breach, step="contained", note="Keys were changed.", by=officers[0])
    page = text(client.get(f"/notices/{breach.case.public_id}/"))
    assert "A backup was copied." in page
    assert "Keys were changed." in page


def forwarded(tenant, officers):
    intake = intakes.receive(
        kind="person_request",
        wish="access",
        body="What is held about me?",
        named=tenant.organization.name,
        contact="iris@example.org",
    )
    with officer_scope():
        case = Case.objects.get(subject=intake.public_id)
    case = cases.assign(case=case, by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == case.assigned_to_id)
    cases.begin_review(case=case, by=officer)
    return person_requests.forward(case=case, by=officer)


def test_the_privacy_contact_answers_a_persons_request(tenant, officers):
    case = forwarded(tenant, officers)
    contact = member(tenant, Role.PRIVACY_CONTACT)
    address = f"/notices/{case.public_id}/"
    assert "What is held about me?" in text(contact.get(address))
    assert contact.post(address, {"body": ""}).status_code == 422
    contact.post(address, {"body": "One photo, erased."})
    with officer_scope():
        assert Case.objects.get(pk=case.pk).status == "under_review"


def test_a_reviewer_reads_and_does_not_answer(tenant, officers):
    case = forwarded(tenant, officers)
    reviewer = member(tenant, Role.REVIEWER)
    address = f"/notices/{case.public_id}/"
    assert "Send the answer" not in text(reviewer.get(address))
    assert reviewer.post(address, {"body": "Done."}).status_code == 403


def test_an_officers_question_about_a_suspension_is_answered(tenant, client, officers):
    case = suspensions.suspend(organization=tenant.organization, reasons="Unclear.", by=officers[0])
    case = cases.assign(case=case, by=Actor.system("tests"))
    officer = next(one for one in officers if one.user_id == case.assigned_to_id)
    cases.begin_review(case=case, by=officer)
    cases.ask(case=case, body="Who searched?", by=officer)
    address = f"/notices/{case.public_id}/"
    assert "Who searched?" in text(client.get(address))
    client.post(address, {"body": "A trainee, by mistake."})
    with officer_scope():
        assert Case.objects.get(pk=case.pk).status == "under_review"


def test_a_stranger_finds_no_notice(tenant, officers):
    case = suspensions.suspend(organization=tenant.organization, reasons="Unclear.", by=officers[0])
    stranger = browser(new_tenant("Quayside Aid").administrator)
    assert stranger.get(f"/notices/{case.public_id}/").status_code == 404
    assert Membership.objects.filter(organization=tenant.organization).count() == 1
