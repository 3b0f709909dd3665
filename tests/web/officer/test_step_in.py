"""An officer steps in on a job from the page of a case, and sees no face."""

import pytest

from compliance.actions import cases
from portal.tenancy.actor import Actor
from portal.tenancy.models import User
from portal.tenancy.scope import officer_scope
from recognition.models import JobStatus, Shard, ShardState
from tests.support.jobs import ANNA, new_desk, photo, work_off
from tests.web.officer.people import only_officers, signed_in
from tests.web.tenant.conftest import browser


@pytest.fixture
def desk(database):
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def opened(desk, subject=""):
    """A case about the desk's organization, and the browser of the officer who was drawn for it."""
    only_officers("Ada", "Ben")
    with officer_scope():
        values = {"kind": "incident", "organization_id": desk.tenant.organization.pk, "summary": "Misuse"}
        made = cases.open_case(**values, subject=subject, by=Actor.system("tests"))
    case = cases.assign(case=made, by=Actor.system("tests"))
    return f"/officer/cases/{case.public_id}/", signed_in(User.objects.get(pk=case.assigned_to_id))


def finished(desk):
    job = desk.submit("detect", [("secret name.png", photo(ANNA))], gallery=None)
    work_off()
    return desk.reload(job)


def test_the_case_leads_to_the_page_and_names_its_job(desk):
    job = finished(desk)
    case, officer = opened(desk, job.public_id)
    assert f"{case}step-in/" in officer.get(case).content.decode()
    page = officer.get(f"{case}step-in/").content.decode()
    assert f'value="{job.public_id}"' in page
    assert "A job finished" in page
    assert "secret name" not in page


def test_an_officer_recalls_and_the_organization_reads_why(desk):
    job = finished(desk)
    case, officer = opened(desk)
    sent = {"job": job.public_id, "step": "recall", "reason": "Searched for a suspect."}
    assert officer.post(f"{case}step-in/", sent).status_code == 302
    assert desk.reload(job).status == JobStatus.RECALLED
    page = browser(desk.tenant.administrator).get(f"/jobs/{job.public_id}/").content.decode()
    assert "Searched for a suspect." in page


def test_an_officer_holds_and_lets_go_on(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    case, officer = opened(desk)
    sent = {"job": job.public_id, "step": "hold", "reason": "Looked into."}
    officer.post(f"{case}step-in/", sent)
    assert desk.reload(job).state == "held:operator"
    officer.post(f"{case}step-in/", sent | {"step": "resume", "reason": ""})
    assert desk.reload(job).status == JobStatus.QUEUED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": " "}, "Say why."),
        ({"job": "job_00000000000000000000000000"}, "no such job"),
        ({"job": "anything"}, "no such job"),
        ({"step": ""}, "Choose one."),
    ],
)
def test_what_is_wrong_is_said_on_the_form(desk, changes, words):
    job = finished(desk)
    case, officer = opened(desk)
    sent = {"job": job.public_id, "step": "hold", "reason": "Looked into."} | changes
    answer = officer.post(f"{case}step-in/", sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_a_job_of_another_organization_is_not_there(desk):
    job = finished(new_desk("Other House"))
    case, officer = opened(desk)
    sent = {"job": job.public_id, "step": "recall", "reason": "So."}
    page = officer.post(f"{case}step-in/", sent)
    assert page.status_code == 422
    assert "A job finished" not in page.content.decode()
