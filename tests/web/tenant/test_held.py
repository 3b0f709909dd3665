"""A held job shows nothing: a table over every address under which something a job found could be seen."""

import re

import pytest

from compliance.models import RulingRecord
from portal.tenancy.models import Organization, User
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from portal.web import urls
from recognition.actions import holds
from recognition.models import Candidate, ExportRecord
from tests.support.review import hand_out, judge, member
from tests.web.tenant.conftest import browser, new_site

# What each address answers for a job that a rule closes; 200 where the page holds no result.
OF_A_JOB = {
    "results": 403,
    "result": 403,
    "candidates": 403,
    "candidate": 403,
    "judge_again": 403,
    "face": 403,
    "export": 200,
    "export_lead": 200,
    "job": 200,
    "import_report": 200,
    "people_found": 404,  # of a search for somebody enrolled alone; `test_subjects.py` holds such a one
    "job_progress": 286,
    "next_candidate": 302,
    "lead_outcome": 200,
    "withdraw_lead": 200,
    "export_record": 200,
    "exports": 200,
    "reviews": 200,
}
# Steps that are taken by POST alone, pages that ask before a step on a job, and a face that is enrolled.
STEPS = {"approve_job", "decline_job", "told", "job_step", "take_over_job", "judge_pair", "move_face"}
ARGUMENTS = ("job_id", "candidate_id", "lead_id", "item_id", "face_id", "export_id", "notice_id")
SENT = {"to": "organization", "recipient": "Lane", "format_": "csv"}


def of_a_job(pattern) -> bool:
    return any(name in str(pattern.pattern) for name in ARGUMENTS)


def test_every_address_of_a_job_is_in_the_table():
    named = {pattern.name for pattern in urls.tenant if of_a_job(pattern)}
    assert named - STEPS == set(OF_A_JOB) - {"exports", "reviews"}


def crop_on_its_page(site) -> str:
    """Where Alice's page has the face of the probe from."""
    page = site.alice.get(site.paths()["candidate"]).content.decode()
    return re.search(r'src="([^"]+/face/fnd_[^"]+)"', page).group(1).replace("&amp;", "&")


def rulings_on(site) -> int:
    with tenant_scope(site.organization):
        return RulingRecord.objects.about(site.job.public_id).count()


@pytest.fixture(scope="module")
def held(django_db_setup, django_db_blocker):
    """A site whose results were looked at, judged and handed out, before its organization was stopped."""
    with django_db_blocker.unblock():
        site = new_site()
        with tenant_scope(site.organization):
            candidate = Candidate.objects.get(pk=site.candidate.pk)
        judge(candidate, member(site.desk))
        hand_out(site.desk, site.job)
        site.crop = crop_on_its_page(site)
        with tenant_scope(site.organization):
            site.export = ExportRecord.objects.get(job=site.job).public_id
        Organization.objects.filter(pk=site.organization.pk).update(status="suspended", epoch=7)
        site.reviewer = User.objects.get(pk=member(site.desk).user_id)
        return site


def address(held, name: str) -> str:
    own = held.paths()
    candidate = held.candidate.public_id
    more = {
        "judge_again": f"/reviews/{candidate}/again/",
        "lead_outcome": f"/leads/{candidate}/outcome/",
        "withdraw_lead": f"/leads/{candidate}/withdraw/",
        "export_lead": f"/leads/{candidate}/export/",
        "face": held.crop,
        "job_progress": own["progress"],
        "import_report": f"{own['job']}import/",
        "people_found": f"{own['job']}people/",
        "next_candidate": f"{own['job']}review/",
        "export_record": f"/exports/{held.export}/",
        "exports": "/exports/",
        "reviews": "/reviews/",
    }
    return more.get(name) or own[name]


def shows_something(held, page: str) -> bool:
    told = (held.subject.name, "similarity of 100", "/face/", held.subject.public_id, held.face.public_id)
    return any(words in page for words in told)


@pytest.mark.parametrize("name", OF_A_JOB)
def test_a_held_job_shows_nothing(held, database, name):
    if name == "judge_again":  # a page of inconclusive candidates
        with tenant_scope(held.organization):
            Candidate.objects.filter(pk=held.candidate.pk).update(status="inconclusive")
    client = browser(held.reviewer) if name in ("reviews", "next_candidate") else held.alice
    answer = client.get(address(held, name))
    with tenant_scope(held.organization):
        Candidate.objects.filter(pk=held.candidate.pk).update(status="lead")
    assert answer.status_code == OF_A_JOB[name]
    assert answer["Content-Type"].startswith("text/html")
    assert not shows_something(held, answer.content.decode())


@pytest.mark.parametrize("name", ["export", "export_lead"])
def test_a_held_job_hands_nothing_out(held, database, name):
    answer = held.alice.post(address(held, name), SENT)
    assert answer.status_code == 403
    with tenant_scope(held.organization):
        assert ExportRecord.objects.filter(job=held.job).count() == 1


def test_the_face_of_a_probe_is_not_served_without_its_page_either(held, database):
    assert held.alice.get(held.paths()["face"]).status_code == 403


@pytest.mark.parametrize("reason", ["tenant", "operator"])
def test_a_job_that_people_hold_shows_no_face_under_the_ruling_of_an_open_page(database, reason):
    site = new_site()
    crop = crop_on_its_page(site)
    assert site.alice.get(crop).status_code == 200
    holds.hold(job=site.desk.reload(site.job), reason=reason, ruling="", rule="", by=site.desk.by)
    assert site.alice.get(crop).status_code == 409


def test_pictures_of_a_page_are_served_under_its_ruling_and_not_ruled_on_again(database):
    site = new_site()
    crop = crop_on_its_page(site)
    before = rulings_on(site)
    assert site.alice.get(crop).status_code == 200
    assert site.member(Role.ANALYST).get(crop).status_code == 404
    assert rulings_on(site) == before


def test_the_ruling_of_one_reader_serves_no_other(database):
    site = new_site()
    crop = crop_on_its_page(site)
    before = rulings_on(site)
    assert site.member(Role.REVIEWER).get(crop).status_code == 200
    assert rulings_on(site) == before + 1
