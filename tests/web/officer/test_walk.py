"""An application through the office, step by step, over HTTP."""

import pytest

from compliance.models import Determination, EndUser
from portal.audit.models import Event
from portal.tenancy.models import Membership, Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.web.officer.determining import day, decided, finding, line, prepared, with_document
from tests.web.officer.people import (
    POLICE,
    applicant,
    case_of,
    officer_client,
    only_officers,
    signed_in,
    submitted,
    under_review,
)


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


@pytest.fixture
def tenant(database):
    return applicant()


def test_a_case_is_drawn_and_begun(tenant, officers):
    submitted(tenant)
    case = case_of(tenant)
    base = f"/officer/cases/{case.public_id}/"
    officer_client(officers[0]).post(f"{base}assign/")
    drawn = next(one for one in officers if one.user_id == decided(case).assigned_to_id)
    officer_client(drawn).post(f"{base}begin/")
    assert decided(case).status == "under_review"
    assert decided(case).organization.status == "in_review"


def test_the_officer_asks_and_the_organization_answers(tenant, officers):
    application = submitted(tenant)
    case, officer = under_review(tenant, officers)
    asking = {"ask-body": "Who pays for the service?"}
    officer_client(officer).post(f"/officer/cases/{case.public_id}/ask/", asking)
    member = signed_in(tenant.administrator)
    status = f"/onboarding/{application.public_id}/status/"
    assert "Who pays for the service?" in member.get(status).content.decode()
    member.post(f"/onboarding/{application.public_id}/reply/", {"body": "Donations only."})
    assert decided(case).status == "under_review"
    page = officer_client(officer).get(f"/officer/cases/{case.public_id}/")
    assert "Donations only." in page.content.decode()


def test_a_note_stays_inside_the_office(tenant, officers):
    application = submitted(tenant)
    case, officer = under_review(tenant, officers)
    client = officer_client(officer)
    client.post(f"/officer/cases/{case.public_id}/note/", {"note-body": "Called the registry."})
    assert "Called the registry." in client.get(f"/officer/cases/{case.public_id}/").content.decode()
    page = signed_in(tenant.administrator).get(f"/onboarding/{application.public_id}/status/")
    assert "Called the registry." not in page.content.decode()
    assert "An officer wrote a note" not in page.content.decode()


def test_a_document_is_opened_verified_and_kept_sealed(tenant, officers):
    _, evidence = with_document(tenant)
    case, officer = under_review(tenant, officers)
    client = officer_client(officer)
    opened = client.get(f"/officer/evidence/{evidence.public_id}/")
    assert b"".join(opened.streaming_content) == b"Registered as a charity."
    assert Event.objects.about(evidence.public_id).get(verb="evidence.opened").actor == officer.id
    address = f"/officer/cases/{case.public_id}/evidence/{evidence.public_id}/"
    client.post(address, {"verify": "1", **day("expires_on", ("12", "31", "2027"))})
    with officer_scope():
        evidence.refresh_from_db()
    assert (evidence.status, evidence.expires_at.year) == ("verified", 2027)


def test_a_document_is_rejected_with_a_reason_the_organization_reads(tenant, officers):
    application, evidence = with_document(tenant)
    case, officer = under_review(tenant, officers)
    address = f"/officer/cases/{case.public_id}/evidence/{evidence.public_id}/"
    assert officer_client(officer).post(address, {"reject": "1", "reason": ""}).status_code == 422
    officer_client(officer).post(address, {"reject": "1", "reason": "Not signed."})
    page = signed_in(tenant.administrator).get(f"/onboarding/{application.public_id}/evidence/")
    assert "Not signed." in page.content.decode()


def test_the_case_page_evaluates_every_line_rule_by_rule(tenant, officers):
    submitted(tenant)
    case, officer = under_review(tenant, officers)
    page = officer_client(officer).get(f"/officer/cases/{case.public_id}/")
    statuses = {row["end_user_type"]: row["status"] for row in page.context["lines"]}
    assert statuses == {
        "Child protection organization": "not_covered",
        "City, county, campus or tribal police": "exempt",
    }
    assert "us-police-2020" in page.content.decode()


def test_one_officer_decides_where_one_is_enough(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    own = line(0, "not_covered")
    page = client.post(f"{base}determine/", finding(evidence, **own))
    assert page.status_code == 302, page.context["form"].errors
    client.post(f"{base}carry-out/")
    with tenant_scope(tenant.organization):
        determination = Determination.objects.get()
        grant = determination.grants.select_related("end_user").get()
    assert determination.organization_type == "child_protection_ngo"
    assert determination.type_evidence == [evidence.public_id]
    assert (grant.moratorium_status, grant.conditions["reviewers"]) == ("not_covered", 2)
    assert Organization.objects.get(pk=tenant.organization.pk).status == "active"


def test_an_exemption_for_police_takes_a_second_vote(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    police = line(1, "exempt", exemption="humanitarian-exemption", exemption_evidence="Agreement 7")
    page = client.post(f"{base}determine/", finding(evidence, **police))
    assert page.status_code == 302, page.context["lines"][1]["form"].errors
    waiting = decided(case)
    assert waiting.status == "awaiting_countersign"
    second = next(one for one in officers if one.user_id == waiting.second_officer_id)
    other = officer_client(second)
    reasons = "A registered charity with two trained reviewers."
    assert reasons not in other.get(f"{base}countersign/").content.decode()
    assert reasons not in other.get(base).content.decode()
    other.post(f"{base}countersign/", {"vote": "approve", "reasons": "The agreement names the unit."})
    assert reasons in other.get(base).content.decode()
    with tenant_scope(tenant.organization):
        assert Determination.objects.get().countersigned_by_id == second.user_id
    standing = signed_in(tenant.administrator).get("/onboarding/standing/").content.decode()
    assert "Exempt for Find a missing child / Westford Police, Missing Children Unit until" in standing


def test_only_the_drawn_officer_reaches_the_vote(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    police = line(1, "exempt", exemption="humanitarian-exemption")
    client.post(f"{base}determine/", finding(evidence, **police))
    assert client.get(f"{base}countersign/").status_code == 404
    vote = {"vote": "approve", "reasons": "Myself."}
    assert client.post(f"{base}countersign/", vote).status_code == 403
    assert decided(case).status == "awaiting_countersign"


def test_a_grant_without_a_status_is_not_recommended(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    own = line(0, "")
    page = client.post(f"{base}determine/", finding(evidence, **own))
    assert page.status_code == 422
    assert "Say how a moratorium bears on this line." in page.content.decode()
    assert decided(case).status == "under_review"


def test_no_type_is_determined_without_verified_evidence(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    sent = finding(evidence, **line(0, "not_covered"))
    del sent["type_evidence"]
    page = client.post(f"/officer/cases/{case.public_id}/determine/", sent)
    assert "Choose the verified document that shows the type." in page.content.decode()


def test_an_application_is_rejected_with_reasons(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    client.post(f"{base}determine/", finding(evidence) | {"outcome": "rejected"})
    client.post(f"{base}carry-out/")
    assert Organization.objects.get(pk=tenant.organization.pk).status == "rejected"
    page = signed_in(tenant.administrator).get("/onboarding/standing/").content.decode()
    assert "Nothing is granted, so every recognition is refused." in page


def test_what_if_flips_the_moratorium_and_stores_nothing(tenant, officers):
    submitted(tenant)
    case, officer = under_review(tenant, officers)
    address = f"/officer/cases/{case.public_id}/what-if/0/"
    client = officer_client(officer)
    initial = client.get(address).context["form"].initial
    sent = {key: value for key, value in initial.items() if value}
    sent |= {"organization_type": "law_enforcement_local", "establishment": "US-WA"}
    sent |= {"processing": "US-OR", "subjects": "US-WA"}
    page = client.get(address, sent)
    assert str(page.context["after"].ruling.rule_id) == "us-police-2020"
    assert "us-police-2020" in {rule["rule"] for rule in page.context["flips"]}
    with officer_scope():
        assert not Determination.objects.filter(organization=tenant.organization).exists()


def test_an_officer_of_the_organization_has_no_part_in_its_case(tenant, officers):
    _, evidence = with_document(tenant)
    case = case_of(tenant)
    Membership.objects.create(
        organization=tenant.organization, user_id=officers[0].user_id, role=Role.AUDITOR
    )
    client = officer_client(officers[0])
    for address in ("", "determine/", "countersign/", "what-if/0/", f"evidence/{evidence.public_id}/"):
        page = client.get(f"/officer/cases/{case.public_id}/{address}")
        assert (page.status_code, page.context["code"]) == (403, "own_organization")
        assert "Donations" not in page.content.decode()
    note = client.post(f"/officer/cases/{case.public_id}/note/", {"note-body": "Looks fine."})
    assert (note.status_code, note.context["code"]) == (403, "own_organization")
    assert client.get(f"/officer/evidence/{evidence.public_id}/").status_code == 403
    assert not Event.objects.about(evidence.public_id).filter(verb="evidence.opened").exists()
    verify = client.post(f"/officer/cases/{case.public_id}/evidence/{evidence.public_id}/", {"verify": "1"})
    assert verify.status_code == 403


def test_another_officer_cannot_ask_in_a_case_that_was_drawn(tenant, officers):
    submitted(tenant)
    case, officer = under_review(tenant, officers)
    other = next(one for one in officers if one != officer)
    page = officer_client(other).post(f"/officer/cases/{case.public_id}/ask/", {"ask-body": "Why?"})
    assert (page.status_code, page.context["code"]) == (403, "not_assigned")


def test_suspending_takes_effect_at_once(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    client.post(f"{base}determine/", finding(evidence, **line(0, "not_covered")))
    client.post(f"{base}carry-out/")
    epoch = Organization.objects.get(pk=tenant.organization.pk).epoch
    address = f"/officer/organizations/{tenant.organization.public_id}/"
    assert client.post(f"{address}suspend/", {"suspend-reasons": ""}).status_code == 422
    client.post(f"{address}suspend/", {"suspend-reasons": "Results were resold."})
    stopped = Organization.objects.get(pk=tenant.organization.pk)
    assert (stopped.status, stopped.epoch > epoch) == ("suspended", True)
    for path in ("/", "/onboarding/"):
        page = signed_in(tenant.administrator).get(path).content.decode()
        assert "Suspended: nothing runs" in page
        assert "Results were resold." in page


def test_a_named_end_user_is_entered_once(tenant, officers):
    prepared(tenant, officers)
    prepared(applicant("Second"), officers)
    assert EndUser.objects.filter(name=POLICE).count() == 1


def test_a_new_determination_says_what_it_would_end(tenant, officers):
    case, _, client, evidence = prepared(tenant, officers)
    base = f"/officer/cases/{case.public_id}/"
    client.post(f"{base}determine/", finding(evidence, **line(0, "not_covered")))
    client.post(f"{base}carry-out/")
    member = signed_in(tenant.administrator)
    started_again = member.post("/onboarding/start/", {"kind": "new_purpose"}).headers["Location"]
    sent = {
        "purposes": ["find_missing_adult"],
        "purpose_story": "A family reports a missing adult.",
        "image_sources": ["case_file"],
        "legal_basis": "Consent of the family",
        "subject_classes": ["missing_adult"],
        "subjects": "US-WA",
    }
    for name, answer in sent.items():
        member.post(f"{started_again}{name}/", {name: answer})
    member.post(f"{started_again}end_users/", {"itself": "1"})
    member.post(f"{started_again}submit/", {"declared": "on"})
    again, officer = under_review(tenant, officers)
    page = officer_client(officer).get(f"/officer/cases/{again.public_id}/determine/")
    assert [one["purpose"] for one in page.context["in_force"]] == ["Find a missing child"]
    lines = {one["purpose"]: one["form"].initial.get("granted", False) for one in page.context["lines"]}
    assert lines == {"Find a missing child": True, "Find a missing adult": False}
