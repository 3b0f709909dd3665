"""After the first determination: short paths, recertification, giving up, appeals, and what ends next."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from compliance.actions import cases, decisions, onboarding
from compliance.models import Application, Case, EndUser, GrantEnd
from portal.tenancy.actions import members
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from tests.compliance.conftest import determine, new_tenant, new_user
from tests.compliance.office import applied, case_of, rejected
from tests.compliance.office import under_review as reviewed
from tests.web.officer.people import applicant, only_officers, signed_in, submitted


@pytest.fixture
def tenant(database):
    """An active organization with one grant for itself, three weeks before its end."""
    made = new_tenant("Harbor Light")
    granted(made)
    return made


@pytest.fixture
def client(tenant):
    return signed_in(tenant.administrator)


def granted(tenant, days=21, **line):
    now = timezone.now()
    values = {"starts_at": now - timedelta(days=200), "expires_at": now + timedelta(days=days)}
    return determine(tenant, "find_missing_child", **values | line)


def begun(client, kind, **more):
    """Start an application and return its address."""
    answer = client.post("/onboarding/start/", {"kind": kind, **more})
    assert answer.status_code == 302, answer.content.decode()[:300]
    return urlsplit(answer["Location"]).path


def titles(page):
    return [task["title"] for task in page.context["tasks"]]


def newest(tenant):
    with tenant_scope(tenant.organization):
        return Application.objects.latest("started_at")


def test_a_new_purpose_is_asked_for_in_four_tasks(tenant, client):
    page = client.get(begun(client, "new_purpose"))
    assert titles(page) == ["The new purpose", "For whom", "Legal basis and people affected", "Evidence"]


def test_a_new_end_user_is_for_purposes_that_are_granted_and_no_other_is_offered(tenant, client):
    address = begun(client, "end_user_change")
    form = client.get(f"{address}purposes/").context["form"]
    assert form.fields["purposes"].choices == [("find_missing_child", "Find a missing child")]
    assert client.post(f"{address}purposes/", {"purposes": ["media_archive"]}).status_code == 422


def test_an_exemption_is_asked_for_until_a_day(tenant, client):
    address = begun(client, "exemption")
    day = timezone.now() + timedelta(days=100)
    sent = {"exemption_until_month": day.month, "exemption_until_day": day.day}
    client.post(f"{address}exemption_until/", sent | {"exemption_until_year": day.year})
    assert newest(tenant).answers["exemption_until"] == day.date().isoformat()
    late = client.post(f"{address}exemption_until/", sent | {"exemption_until_year": day.year + 5})
    assert "within twelve months" in late.content.decode()


def test_the_precheck_of_a_short_path_knows_what_was_determined(tenant, client):
    address = begun(client, "exemption")
    client.post(f"{address}purposes/", {"purposes": ["find_missing_child"]})
    body = {"name": "Westford Police", "organization_type": "law_enforcement_local"}
    client.post(f"{address}end_users/", body)
    page = client.get(address).content.decode()
    assert "With these answers the moratorium applies." in page
    assert "humanitarian-exemption" in page


def test_an_end_user_served_already_is_not_typed_again(tenant, client):
    unit = EndUser.objects.create(name=f"Unit {tenant.organization.pk}", organization_type="health")
    granted(tenant, end_user=unit)
    address = begun(client, "new_purpose")
    assert f"Add {unit.name}" in client.get(f"{address}end_users/").content.decode()
    client.post(f"{address}end_users/", {"known": unit.public_id})
    assert newest(tenant).answers["end_users"][0]["name"] == unit.name
    assert client.post(f"{address}end_users/", {"known": "eus_nobody"}).status_code == 404


def test_a_body_named_twice_is_said_on_the_page(tenant, client):
    address = begun(client, "exemption")
    body = {"name": "Westford Police", "organization_type": "law_enforcement_local"}
    client.post(f"{address}end_users/", body)
    page = client.post(f"{address}end_users/", body)
    assert (page.status_code, "is on the list already" in page.content.decode()) == (422, True)


def test_recertification_asks_to_confirm_or_change_each_answer(client, database):
    tenant = applicant()
    officers = only_officers("Ada", "Ben", "Cleo")
    submitted(tenant)
    granted(tenant)
    Organization.objects.filter(pk=tenant.organization.pk).update(status="active")
    client = signed_in(tenant.administrator)
    address = begun(client, "recertification")
    assert officers
    page = client.get(f"{address}organization_type/").content.decode()
    assert "This is your earlier answer." in page
    assert "Confirm and continue" in page
    client.post(f"{address}organization_type/", {"organization_type": "child_protection_ngo"})
    row = newest(tenant)
    assert row.answered == ["organization_type"]
    assert "Confirm and continue" not in client.get(f"{address}organization_type/").content.decode()
    refused = client.post(f"{address}submit/", {"declared": "on"})
    assert (refused.status_code, newest(tenant).status) == (422, "draft")


def test_the_page_of_checks_tells_a_changed_answer(tenant, client):
    address = begun(client, "recertification")
    client.post(f"{address}organization_type/", {"organization_type": "humanitarian_tracing"})
    groups = client.get(f"{address}check/").context["groups"]
    marks = {row["key"]: row["status"] for group in groups for row in group["rows"]}
    assert marks["Which type describes it best?"] == "changed"


def test_home_and_standing_say_what_ends_next_and_offer_to_renew_it(tenant, client):
    for address in ("/", "/onboarding/standing/"):
        page = client.get(address)
        assert page.context["standing"].status == "recertification_due"
        assert [end.what for end in page.context["ends"]] == ["Grant: Find a missing child for Harbor Light"]
        assert "Recertification is due" in page.content.decode()
    begun(client, "recertification")
    page = client.get("/onboarding/standing/").content.decode()
    assert f"Go on with {newest(tenant).reference}" in page


def test_a_member_who_may_not_apply_is_told_who_may(tenant):
    reader = new_user("auditor")
    members.add(organization=tenant.organization, user=reader, role=Role.AUDITOR, by=tenant.actor)
    page = signed_in(reader).get("/").content.decode()
    assert "An administrator of your organization has to do it." in page


def test_an_end_user_is_given_up_after_asking_once_more(tenant, client):
    address = f"/onboarding/standing/end_users/{tenant.itself.public_id}/"
    assert "End all work for" in client.get(address).content.decode()
    with tenant_scope(tenant.organization):
        assert not GrantEnd.objects.exists()
    client.post(address)
    with tenant_scope(tenant.organization):
        assert GrantEnd.objects.count() == 1
    page = client.get("/onboarding/standing/")
    assert [line["status"] for line in page.context["lines"]] == ["given_up"]
    assert client.post(address).status_code == 404


def test_a_stranger_gives_up_nothing(tenant):
    stranger = signed_in(new_tenant("Stranger").administrator)
    address = f"/onboarding/standing/end_users/{tenant.itself.public_id}/"
    assert stranger.post(address).status_code == 404
    with tenant_scope(tenant.organization):
        assert not GrantEnd.objects.exists()


@pytest.fixture
def turned_down(applicant_, officers):
    applied(applicant_)
    case, officer = reviewed(applicant_, officers)
    decisions.recommend(case=case, finding=rejected(), by=officer)
    return applicant_, decisions.determine(case=case, by=officer)


@pytest.fixture
def applicant_(database):
    return new_tenant("Harbor Light", status="draft")


@pytest.fixture
def officers(database):
    return only_officers("Ada", "Ben", "Cleo")


def test_a_decision_is_appealed_in_its_own_words(turned_down):
    tenant, decision = turned_down
    client = signed_in(tenant.administrator)
    assert "It sells results." in client.get("/onboarding/appeal/").content.decode()
    address = begun(client, "appeal", against=decision.public_id)
    client.post(f"{address}appeal_reason/", {"appeal_reason": "We sell nothing."})
    client.post(f"{address}appeal_remedy/", {"appeal_remedy": "Grant what we asked for."})
    client.post(f"{address}submit/", {"declared": "on"})
    assert (case_of(tenant).kind, case_of(tenant).subject) == ("appeal", decision.public_id)
    page = client.get(f"{address}status/").content.decode()
    assert "Determination: nothing is granted" in page
    listed = client.get("/onboarding/appeal/").content.decode()
    assert f"Appeal {newest(tenant).reference} is open" in listed


def test_where_nothing_went_against_it_there_is_nothing_to_appeal(tenant, client):
    assert "Nothing to appeal" in client.get("/onboarding/appeal/").content.decode()
    assert client.post("/onboarding/start/", {"kind": "appeal"}).status_code == 422


def test_how_officers_come_to_a_decision_is_not_shown_to_the_organization(turned_down):
    tenant, _ = turned_down
    page = signed_in(tenant.administrator).get(f"/onboarding/{newest(tenant).public_id}/status/")
    told = {event["title"] for event in page.context["events"]}
    assert "The case was decided" in told
    assert not any("checklist" in title or "recommended" in title for title in told)


def test_while_officers_vote_the_case_is_under_review(applicant_, officers):
    applied(applicant_)
    case, officer = reviewed(applicant_, officers)
    decisions.recommend(case=case, finding=rejected(), by=officer)
    page = signed_in(applicant_.administrator).get(f"/onboarding/{newest(applicant_).public_id}/status/")
    assert page.context["case_status"] == "under_review"


def test_a_lapsed_application_says_so_and_shows_its_answers_without_a_form(applicant_):
    application = onboarding.start(organization=applicant_.organization, by=applicant_.actor)
    onboarding.save_answer(
        application=application, answers={"legal_name": "Harbor Light Inc."}, by=applicant_.actor
    )
    with tenant_scope(applicant_.organization):
        Application.objects.update(expires_at=timezone.now())
    client = signed_in(applicant_.administrator)
    address = f"/onboarding/{application.public_id}/"
    assert "This application has lapsed" in client.get(address).content.decode()
    page = client.get(f"{address}legal_name/").content.decode()
    assert "Harbor Light Inc." in page
    assert "Save and continue" not in page
    assert client.post(f"{address}legal_name/", {"legal_name": "Other"}).status_code == 409
    assert newest(applicant_).answers["legal_name"] == "Harbor Light Inc."


def test_an_answer_sent_to_a_case_that_asks_nothing_is_explained(applicant_, officers):
    application = applied(applicant_)
    client = signed_in(applicant_.administrator)
    page = client.post(f"/onboarding/{application.public_id}/reply/", {"body": "Hello"})
    assert page.status_code == 409
    assert "No question waits for an answer" in page.content.decode()


def test_questions_of_officers_can_be_answered_on_another_device(applicant_, officers):
    application = applied(applicant_)
    case, officer = reviewed(applicant_, officers)
    cases.ask(case=case, body="Who reviews?", by=officer)
    for client in (signed_in(applicant_.administrator), signed_in(applicant_.administrator)):
        page = client.get(f"/onboarding/{application.public_id}/status/")
        assert page.context["asked"]
    client.post(f"/onboarding/{application.public_id}/reply/", {"body": "Two of us."})
    with tenant_scope(applicant_.organization):
        assert Case.objects.get(pk=case.pk).status == "under_review"


def test_a_rule_that_uses_an_answer_is_shown_in_words(applicant_):
    application = onboarding.start(organization=applicant_.organization, by=applicant_.actor)
    client = signed_in(applicant_.administrator)
    page = client.get(f"/onboarding/{application.public_id}/police_ties/").content.decode()
    assert "2 rules use this answer" in page
    assert "no face is looked at by or for police" in page
