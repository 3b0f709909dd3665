import pytest

from compliance.models import Sample
from portal.tenancy.roles import Role
from portal.tenancy.scope import officer_scope, tenant_scope
from tests.compliance.conftest import new_officer
from tests.compliance.test_samples import asked
from tests.web.officer.people import officer_client
from tests.web.tenant.conftest import Site, new_site

ANSWER = {"case_reference": "CASE-7", "explanation": "The county police reported the child missing."}


@pytest.fixture
def site(database) -> Site:
    return new_site()


@pytest.fixture
def sample(site) -> Sample:
    return asked(site.desk.tenant)


def page(sample: Sample) -> str:
    return f"/questions/{sample.public_id}/"


def stored(sample: Sample) -> Sample:
    with officer_scope():
        return Sample.objects.get(pk=sample.pk)


def test_home_leads_to_the_question_and_the_question_to_its_answer(site, sample):
    assert "/questions/" in site.alice.get("/").content.decode()
    assert sample.subject in site.alice.get("/questions/").content.decode()
    site.alice.post(page(sample), ANSWER)
    assert stored(sample).case_reference == "CASE-7"
    assert "CASE-7" in site.alice.get(page(sample)).content.decode()


def test_an_answer_without_a_case_is_asked_for_again(site, sample):
    answer = site.alice.post(page(sample), ANSWER | {"case_reference": ""})
    assert answer.status_code == 422
    assert stored(sample).answered_at is None


def test_an_answer_that_came_second_is_told_so(site, sample):
    site.alice.post(page(sample), ANSWER)
    answer = site.alice.post(page(sample), ANSWER | {"case_reference": "CASE-8"})
    assert answer.status_code == 422
    assert stored(sample).case_reference == "CASE-7"


def test_a_member_who_submits_nothing_is_not_asked(site, sample):
    assert site.member(Role.AUDITOR).get("/questions/").status_code == 403


def test_a_stranger_finds_no_question(site, sample):
    assert new_site().alice.get(page(sample)).status_code == 404


def test_an_officer_reads_the_answer_and_no_face(site, sample):
    site.alice.post(page(sample), ANSWER)
    client = officer_client(new_officer("Reading"))
    listed = client.get("/officer/samples/").content.decode()
    assert ANSWER["explanation"] in listed
    assert "/images/" not in listed
    client.post(f"/officer/samples/{sample.public_id}/", {"accept": "1"})
    assert stored(sample).status == "accepted"


def test_an_officer_opens_a_case_about_an_answer(site, sample):
    site.alice.post(page(sample), ANSWER)
    officer_client(new_officer("Doubting")).post(f"/officer/samples/{sample.public_id}/", {"doubt": "1"})
    assert stored(sample).status == "doubted"


def test_the_trail_of_the_organization_says_that_it_was_asked(site, sample):
    with tenant_scope(site.organization):
        assert Sample.objects.waiting().count() == 1
    assert "its case was asked for" in site.alice.get("/trail/").content.decode()
