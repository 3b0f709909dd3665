"""Measures, incidents, demands, breaches and urgent requests on the officers' screens."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.actions import breaches, intakes, onboarding, shifts, suspensions, urgent
from compliance.models import (
    Application,
    Breach,
    Case,
    Intake,
    LegalDemand,
    LegalHold,
    Measure,
    Shift,
    UrgentRequest,
)
from compliance.standing import standing
from compliance.urgency import Urgency
from portal.tenancy.models import Membership, Organization
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import determine, new_tenant
from tests.compliance.office import appealed
from tests.web.officer.people import case_of, officer_client, only_officers, signed_in, under_review

WHY = {"suspend-reasons": "Photos of a suspect were searched."}
LATER = timezone.now() + timedelta(days=20)


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


@pytest.fixture
def tenant(database):
    return new_tenant(f"Harbor Light {timezone.now():%f}")


@pytest.fixture
def ada(officers):
    return officer_client(officers[0])


@pytest.fixture
def ben(officers):
    return officer_client(officers[1])


def day(name, when=LATER):
    return {f"{name}_month": str(when.month), f"{name}_day": str(when.day), f"{name}_year": str(when.year)}


def status_of(tenant):
    return Organization.objects.get(pk=tenant.organization.pk).status


def only(model, tenant, **fields):
    with officer_scope():
        return model.objects.get(organization=tenant.organization, **fields)


def text(page):
    return page.content.decode()


# Measures


def test_an_organization_is_suspended_and_another_officer_ratifies(tenant, ada, ben):
    ada.post(f"/officer/organizations/{tenant.organization.public_id}/suspend/", WHY)
    assert status_of(tenant) == "suspended"
    measure = only(Measure, tenant)
    address = f"/officer/measures/{measure.public_id}/"
    assert "Another officer looks at it" in text(ada.get(address))
    assert ada.post(address).status_code == 403
    assert address in text(ben.get("/officer/incidents/"))
    assert ben.post(address).headers["Location"] == "/officer/incidents/"
    assert only(Measure, tenant).status == "ratified"
    assert address not in text(ben.get("/officer/incidents/"))


def test_an_objection_needs_words_and_leads_to_the_case(tenant, ada, ben):
    ada.post(f"/officer/organizations/{tenant.organization.public_id}/suspend/", WHY)
    measure = only(Measure, tenant)
    address = f"/officer/measures/{measure.public_id}/"
    assert ben.post(address, {"object": "1", "reasons": ""}).status_code == 422
    page = ben.post(address, {"object": "1", "reasons": "The wrong body."}, follow=True)
    assert "The wrong body." in text(page)
    assert "In force, a second officer objects" in text(ben.get("/officer/incidents/"))


def test_an_organization_is_restricted_with_reasons(tenant, ada):
    address = f"/officer/organizations/{tenant.organization.public_id}/restrict/"
    assert ada.post(address, {"restrict-reasons": ""}).status_code == 422
    ada.post(address, {"restrict-reasons": "Answers are missing."})
    assert status_of(tenant) == "restricted"
    page = text(signed_in(tenant.administrator).get("/"))
    assert "An officer first looks at each request" in page
    assert "Answers are missing." in page


def test_what_is_suspended_cannot_be_restricted_and_the_page_says_so(tenant, ada):
    base = f"/officer/organizations/{tenant.organization.public_id}/"
    ada.post(f"{base}suspend/", WHY)
    page = ada.post(f"{base}restrict/", {"restrict-reasons": "Again."})
    assert page.status_code == 422
    assert "cannot go from suspended to restricted" in text(page)


def test_a_grant_is_revoked_from_the_organizations_page(tenant, ada):
    grant = determine(tenant, "find_missing_child")
    page = ada.get(f"/officer/organizations/{tenant.organization.public_id}/")
    address = f"/officer/grants/{grant.public_id}/revoke/"
    assert address in text(page)
    assert "Its exemption" not in text(ada.get(address))
    assert ada.post(address, {"what": "grant", "reasons": ""}).status_code == 422
    ada.post(address, {"what": "grant", "reasons": "Misused."})
    with officer_scope():
        assert standing(tenant.organization).lines == ()


def test_a_grant_of_yesterday_is_not_revoked(tenant, ada):
    grant = determine(tenant, "find_missing_child")
    determine(tenant, "find_missing_adult")
    page = ada.post(f"/officer/grants/{grant.public_id}/revoke/", {"what": "grant", "reasons": "Misused."})
    assert "A newer determination took this grant" in text(page)


def test_whoever_belonged_there_sees_no_step_and_can_take_none(tenant, officers, ada):
    grant = determine(tenant, "find_missing_child")
    Membership.objects.create(organization=tenant.organization, user_id=officers[0].user_id, role="auditor")
    base = f"/officer/organizations/{tenant.organization.public_id}/"
    assert "Suspend now" not in text(ada.get(base))
    assert ada.post(f"{base}suspend/", WHY).status_code == 403
    assert ada.get(f"/officer/grants/{grant.public_id}/revoke/").status_code == 403
    assert status_of(tenant) == "active"


def test_a_suspension_is_lifted_on_the_case_by_two(tenant, officers):
    suspensions.suspend(organization=tenant.organization, reasons="Unclear.", by=officers[0])
    case, officer = under_review(tenant, officers)
    client = officer_client(officer)
    base = f"/officer/cases/{case.public_id}/"
    assert "Recommend an outcome" in text(client.get(base))
    client.post(f"{base}outcome/", {"outcome-outcome": "lifted", "outcome-reasons": "A mistake."})
    assert status_of(tenant) == "suspended"
    second = next(one for one in officers if one.user_id == case_of(tenant).second_officer_id)
    other = officer_client(second)
    page = text(other.get(f"{base}countersign/"))
    assert "What is proposed" in page
    assert "It can work again under the grants it has" in page
    assert "A mistake." not in page
    other.post(f"{base}countersign/", {"vote": "approve", "reasons": "I see it too."})
    assert status_of(tenant) == "active"


def test_a_recommendation_can_be_taken_back(tenant, officers):
    suspensions.restrict(organization=tenant.organization, reasons="Unclear.", by=officers[0])
    case, officer = under_review(tenant, officers)
    client = officer_client(officer)
    base = f"/officer/cases/{case.public_id}/"
    client.post(f"{base}outcome/", {"outcome-outcome": "lifted", "outcome-reasons": "Answered."})
    client.post(f"{base}take-back/")
    assert case_of(tenant).status == "under_review"
    assert status_of(tenant) == "restricted"


def test_a_suspension_is_appealed_and_lifted_by_two_who_had_no_part(tenant, officers):
    determine(tenant, "find_missing_child")
    stopped = suspensions.suspend(organization=tenant.organization, reasons="Unclear.", by=officers[0])
    assert stopped.public_id in text(signed_in(tenant.administrator).get("/onboarding/appeal/"))
    onboarding.submit(application=appealed(tenant, stopped.public_id), by=tenant.actor)
    case, officer = under_review(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    client = officer_client(officer)
    page = text(client.get(base))
    assert "We sell nothing." in page
    assert f"/officer/cases/{stopped.public_id}/" in page
    client.post(f"{base}outcome/", {"outcome-outcome": "lifted", "outcome-reasons": "It was wrong."})
    second = next(one for one in officers if one.user_id == case_of(tenant).second_officer_id)
    assert officers[0] not in {officer, second}
    officer_client(second).post(f"{base}countersign/", {"vote": "approve", "reasons": "Yes."})
    assert (status_of(tenant), case_of(tenant).outcome) == ("active", "overturned")
    with officer_scope():
        assert Application.objects.get(kind="appeal", organization=tenant.organization).status == "decided"


# Incidents and what was sent from outside


def test_an_incident_is_opened_unseen_and_closed_with_what_was_found(tenant, officers, ada):
    sent = {"organization": tenant.organization.public_id, "summary": "Odd hours", "details": "At night."}
    ada.post("/officer/incidents/new/", sent)
    with tenant_scope(tenant.organization):
        assert not Case.objects.exists()
    case, officer = under_review(tenant, officers)
    client = officer_client(officer)
    base = f"/officer/cases/{case.public_id}/"
    page = text(client.get(base))
    assert "The organization does not see this case" in page
    assert "Ask the organization" not in page
    client.post(f"{base}close-with/", {"close-outcome": "unfounded", "close-reasons": "A night shift."})
    assert case_of(tenant).outcome == "unfounded"


def test_an_organization_is_suspended_from_the_incident_about_it(tenant, ada):
    sent = {"organization": tenant.organization.public_id, "summary": "Odd hours", "details": "At night."}
    ada.post("/officer/incidents/new/", sent)
    incident = case_of(tenant)
    assert "Suspend now" in text(ada.get(f"/officer/cases/{incident.public_id}/"))
    ada.post(
        f"/officer/organizations/{tenant.organization.public_id}/suspend/",
        WHY | {"about": incident.public_id},
    )
    assert case_of(tenant).subject == incident.public_id
    assert status_of(tenant) == "suspended"


def test_an_incident_about_nobody_is_asked_for_again(ada):
    page = ada.post(
        "/officer/incidents/new/", {"organization": "No such body", "summary": "x", "details": "x"}
    )
    assert page.status_code == 422
    assert "There is no organization of this name." in text(page)


def test_a_report_from_outside_gets_its_organization(tenant, ada):
    intake = intakes.receive(kind="misuse_report", body="They searched my neighbor.", named="A company")
    assert f"/officer/intake/{intake.public_id}/" in text(ada.get("/officer/incidents/"))
    page = ada.post(
        f"/officer/intake/{intake.public_id}/", {"organization": tenant.organization.name}, follow=True
    )
    assert "They searched my neighbor." in text(page)
    assert only(Intake, tenant).case == case_of(tenant).public_id


def test_a_report_about_nobody_is_put_aside_once(ada, ben):
    intake = intakes.receive(kind="misuse_report", body="Nothing.")
    address = f"/officer/intake/{intake.public_id}/"
    ada.post(address, {"dismiss": "1", "reasons": "It is about nobody."})
    page = ben.post(address, {"dismiss": "1", "reasons": "Me too."})
    assert "Another officer has dealt with this already." in text(page)
    assert f"/officer/intake/{intake.public_id}/" not in text(ben.get("/officer/incidents/"))


def test_the_incidents_page_asks_the_database_no_more_for_more(tenant, ada):
    def queries():
        intakes.receive(kind="misuse_report", body="x", named=tenant.organization.name)
        intakes.receive(kind="misuse_report", body="x")
        with CaptureQueriesContext(connection) as asked:
            ada.get("/officer/incidents/")
        return len(asked)

    queries()
    assert queries() == queries()


# Legal demands


def served(tenant, **changes):
    values = {
        "organization": tenant.organization.name,
        "kind": "subpoena",
        "issuer": "District Court",
        "reference": "5:26-mc-1",
        "scope": "Logs of May",
        "everything": "on",
        **day("due_on"),
    }
    return values | changes


def test_a_demand_is_recorded_held_answered_and_lifted(tenant, ada, ben):
    ada.post("/officer/demands/new/", served(tenant))
    demand = only(LegalDemand, tenant)
    base = f"/officer/demands/{demand.public_id}/"
    assert base in text(ben.get("/officer/demands/"))
    hold = only(LegalHold, tenant)
    assert ada.post(f"/officer/holds/{hold.public_id}/lift/").status_code == 403
    ben.post(f"/officer/holds/{hold.public_id}/lift/")
    assert only(LegalHold, tenant).lifted_at is not None
    ada.post(base, {"answer": "nothing_held", "text": "No such logs."})
    assert only(LegalDemand, tenant).answer == "nothing_held"


def test_a_gag_is_named_on_the_page_and_nobody_is_told(tenant, ada):
    page = ada.post("/officer/demands/new/", served(tenant, **day("gag_on")), follow=True)
    assert "A gag stands" in text(page)
    notices = signed_in(tenant.administrator).get("/notices/")
    assert "Legal demand" not in text(notices)


def test_a_demand_without_its_day_is_asked_for_again(tenant, ada):
    sent = {key: value for key, value in served(tenant).items() if not key.startswith("due_on")}
    assert ada.post("/officer/demands/new/", sent).status_code == 422
    page = ada.post("/officer/demands/new/", served(tenant, jobs="gal_1", everything=""))
    assert "gal_1 is not the id of a job." in text(page)
    with officer_scope():
        assert not LegalDemand.objects.filter(organization=tenant.organization).exists()


def test_another_job_is_held(tenant, ada):
    ada.post("/officer/demands/new/", served(tenant, everything=""))
    demand = only(LegalDemand, tenant)
    base = f"/officer/demands/{demand.public_id}/hold/"
    assert "is not the id of a job" in text(ada.post(base, {"subject": "nothing"}))
    ada.post(base, {"subject": "job_00000000000000000000000000"})
    assert only(LegalHold, tenant).subject == "job_00000000000000000000000000"


# Breaches


def test_a_breach_is_recorded_and_its_steps_follow(tenant, ada):
    yesterday = timezone.now() - timedelta(days=1)
    sent = {"organization": tenant.organization.public_id, "what": "A backup was copied."}
    ada.post("/officer/breaches/new/", sent | day("aware_on", yesterday) | {"aware_time": "10:00"})
    base = f"/officer/breaches/{only(Breach, tenant).public_id}/"
    assert "The authority has to be told within" in text(ada.get(base))
    page = ada.post(base, {"step": "people_told", "note": "None.", "needless": "on"})
    assert "Assess the risk first" in text(page)
    for step in ("contained", "assessed", "authority_told", "people_told"):
        assert ada.post(base, {"step": step, "note": "Done."}).status_code == 302
    assert "The authority was told, or need not be." in text(ada.get(base))


def test_the_page_of_a_breach_says_that_the_authority_is_late(tenant, officers, ada):
    breach = breaches.open_breach(
        organization=tenant.organization,
        what="A backup was copied.",
        aware_at=timezone.now() - timedelta(hours=80),
        by=officers[1],
    )
    page = text(ada.get(f"/officer/breaches/{breach.public_id}/"))
    assert "The authority should have been told 8 hours ago" in " ".join(page.split())


# The urgent path


@pytest.fixture
def asked(tenant, officers):
    for officer in officers[:2]:
        shifts.begin(hours=8, by=officer)
    urgency = Urgency(
        purpose="find_missing_child",
        requested_by="police",
        authority="Westford Police",
        authority_reference="WP-1",
        case_reference="CASE-1",
        story="Taken two hours ago.",
        end_user=tenant.itself.public_id,
    )
    determine(tenant, "find_missing_adult")
    return urgent.file(organization=tenant.organization, urgency=urgency, by=tenant.actor)


def test_an_officer_goes_on_call_and_leaves(officers, ada):
    assert "Nobody is on call" in text(ada.get("/officer/on-call/"))
    ada.post("/officer/on-call/", {"hours": "8"})
    page = text(ada.get("/officer/on-call/"))
    assert "You are on call until" in page
    assert ada.post("/officer/on-call/", {"hours": "8"}).status_code == 422
    ada.post("/officer/on-call/", {"leave": "1"})
    assert not Shift.objects.all().now().exists()


def test_two_officers_decide_without_seeing_each_other(tenant, asked, ada, ben):
    address = f"/officer/urgent/{asked.public_id}/"
    ada.post(address, {"decision": "grant", "hours": "24", "reasons": "The unit confirms it."})
    page = text(ben.get(address))
    assert "The unit confirms it." not in page
    assert "Grants for 24 hours" not in page
    ben.post(address, {"decision": "grant", "hours": "12", "reasons": "Credible."})
    page = text(ben.get(address))
    assert "The unit confirms it." in page
    assert only(UrgentRequest, tenant).granted_until is not None
    assert "Granted until" in text(signed_in(tenant.administrator).get("/urgent/"))


def test_who_was_not_drawn_reads_and_does_not_decide(tenant, asked, officers):
    client = officer_client(officers[2])
    address = f"/officer/urgent/{asked.public_id}/"
    assert "Record my decision" not in text(client.get(address))
    sent = {"decision": "grant", "hours": "24", "reasons": "Me."}
    assert client.post(address, sent).status_code == 403
    assert only(UrgentRequest, tenant).granted_until is None


def test_a_decision_needs_reasons_and_a_time(asked, ada):
    address = f"/officer/urgent/{asked.public_id}/"
    assert ada.post(address, {"decision": "grant", "hours": "24", "reasons": ""}).status_code == 422
    for hours in ("", "73"):
        assert ada.post(address, {"decision": "grant", "hours": hours, "reasons": "x"}).status_code == 422


def test_the_case_of_an_urgent_request_offers_no_ordinary_step(asked, officers):
    with officer_scope():
        case = Case.objects.get(pk=asked.case_id)
    drawn = next(one for one in officers if one.user_id == case.assigned_to_id)
    page = text(officer_client(drawn).get(f"/officer/cases/{case.public_id}/"))
    assert f"/officer/urgent/{asked.public_id}/" in page
    assert "Begin the review" not in page
