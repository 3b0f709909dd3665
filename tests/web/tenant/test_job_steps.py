"""What members do to a job, each step from a page of its own; why a held job stands still."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import reconcile
from recognition.actions import holds, retention
from recognition.models import Item, Job, JobStatus
from tests.compliance.conftest import determine
from tests.support.jobs import ANNA, photo, work_off
from tests.web.tenant.conftest import Site, new_site


@pytest.fixture
def own(database) -> Site:
    """A site of the test's own: what is done to its organization touches no other test."""
    return new_site()


def search(site: Site) -> Job:
    return site.desk.submit("search", [("probe.png", photo(ANNA))])


def path(job: Job, step: str = "") -> str:
    return f"/jobs/{job.public_id}/{step}"


def shown(site: Site, job: Job) -> str:
    return site.alice.get(path(job)).content.decode()


def changed(site: Site, job: Job, **values) -> Job:
    with tenant_scope(site.organization):
        Job.objects.filter(pk=job.pk).update(**values)
    return site.desk.reload(job)


def orphaned(site: Site) -> Job:
    """A job that is held because its key was revoked."""
    made = keys.create(
        organization=site.organization,
        name="Program",
        purpose="find_missing_child",
        end_user_id=site.desk.tenant.itself.pk,
        expires_at=timezone.now() + timedelta(days=9),
        by=site.desk.by,
    )
    job = search(site)
    changed(site, job, submitted_by=Actor.for_key(made.key).id)
    keys.revoke(key=made.key, by=site.desk.by)
    work_off()
    return site.desk.reload(job)


# Steps


@pytest.mark.parametrize("step", ["pause", "cancel"])
def test_a_step_says_what_comes_of_it_before_it_is_taken(own, step):
    job = search(own)
    assert path(job, f"{step}/") in shown(own, job)
    page = own.alice.get(path(job, f"{step}/")).content.decode()
    assert "destroyed" in page
    assert own.desk.reload(job).status == JobStatus.QUEUED


def test_a_member_pauses_and_resumes(own):
    job = search(own)
    own.alice.post(path(job, "pause/"), {"reason": "Wrong case number?"})
    page = shown(own, job)
    assert "Admin paused it. The reason given: Wrong case number?" in page
    assert "It never goes on by itself" in page
    own.alice.post(path(job, "resume/"))
    assert own.desk.reload(job).status == JobStatus.QUEUED


def test_half_done_work_is_accepted(own):
    job = search(own)
    work_off()
    with tenant_scope(own.organization):
        Item.objects.filter(job=job).update(status="failed", reason="timeout")
    job = changed(own, job, status="partial", released_at=None)
    assert "Accept as it is" in shown(own, job)
    own.alice.post(path(job, "accept/"))
    assert own.desk.reload(job).status == JobStatus.RELEASED


def test_an_administrator_recalls_with_a_reason(own):
    assert own.alice.post(path(own.job, "recall/"), {"reason": ""}).status_code == 422
    own.alice.post(path(own.job, "recall/"), {"reason": "The photo was of somebody else."})
    page = shown(own, own.job)
    assert "The photo was of somebody else." in page
    assert "Look at the results" not in page


def test_an_analyst_is_offered_no_recall_and_may_not(own):
    analyst = own.member(Role.ANALYST)
    assert analyst.post(path(own.job, "recall/"), {"reason": "So."}).status_code in {403, 404}
    assert own.desk.reload(own.job).status == JobStatus.RELEASED


def test_a_step_that_is_not_there_leads_back_to_the_job(own):
    answer = own.alice.get(path(own.job, "cancel/"))
    assert (answer.status_code, answer["Location"]) == (302, path(own.job))


def test_a_refused_resumption_is_a_page_with_rule_and_decision(own):
    job = search(own)
    own.alice.post(path(job, "pause/"), {"reason": ""})
    Organization.objects.filter(pk=own.organization.pk).update(status="suspended")
    answer = own.alice.post(path(job, "resume/"))
    assert answer.status_code == 403
    assert "organization-stopped" in answer.content.decode()
    assert "rul_" in answer.content.decode()


# Taking over


def test_a_job_of_an_ended_key_is_taken_over_with_ones_own_facts(own):
    job = orphaned(own)
    page = shown(own, job)
    assert "The API key that submitted this job was revoked." in page
    assert path(job, "resume/") not in page
    form = own.alice.get(path(job, "take-over/"))
    assert 'value="CASE-1"' in form.content.decode()
    facts = {"end_user": str(own.desk.tenant.itself.pk), "requested_by": "self", "recipient": "none"}
    facts |= {"case_reference": "CASE-9", "subject_class": "missing_child", "probe_source": "case_file"}
    assert own.alice.post(path(job, "take-over/"), facts).status_code == 302
    work_off()
    taken = own.desk.reload(job)
    assert (taken.status, taken.facts["case_reference"]) == (JobStatus.RELEASED, "CASE-9")


def test_facts_left_out_are_asked_for(own):
    job = orphaned(own)
    answer = own.alice.post(path(job, "take-over/"), {"requested_by": ""})
    assert answer.status_code == 422
    assert own.desk.reload(job).status == JobStatus.HELD


def test_a_job_whose_submitter_is_there_is_not_taken_over(own):
    job = search(own)
    assert own.alice.get(path(job, "take-over/"))["Location"] == path(job)


# Why it stands still


def held(site: Site, rule: str, **line) -> str:
    """Let a job meet what holds it, and return its page."""
    job = search(site)
    if line:
        determine(site.desk.tenant, "find_missing_child", **line)
    work_off()
    reconcile.reconcile()
    assert site.desk.reload(job).refused_by == rule
    return shown(site, job)


def test_a_job_held_by_a_suspension_does_not_say_that_it_goes_on_by_itself(own):
    Organization.objects.filter(pk=own.organization.pk).update(status="active")
    job = search(own)
    Organization.objects.filter(pk=own.organization.pk).update(status="suspended", epoch=F("epoch") + 1)
    work_off()
    page = shown(own, job)
    assert "officers have to lift the stop" in page
    assert "Read the decision in your cases and appeal it there" in page
    assert path(job, "resume/") not in page
    assert "as soon as the rules allow" not in page


def test_a_job_whose_grant_has_ended_says_that_no_time_helps(own):
    now = timezone.now()
    ended = {"starts_at": now - timedelta(days=9), "expires_at": now - timedelta(days=1)}
    page = held(own, "grant-expired", **ended)
    assert "No time helps: the grant has ended." in page


def test_a_job_held_until_a_day_says_when_the_rules_are_asked_again(own):
    start = timezone.now() + timedelta(days=3)
    page = held(own, "not-granted", starts_at=start)
    assert "They are asked again on" in page
    assert f"{start:%B} {start.day}, {start:%Y}" in page


def test_a_job_that_was_referred_names_its_case(own):
    job = search(own)
    Organization.objects.filter(pk=own.organization.pk).update(status="restricted", epoch=F("epoch") + 1)
    work_off()
    assert "which decides in case C-" in shown(own, job)


def test_a_job_held_by_an_officer_says_so_and_offers_no_resumption(own):
    job = search(own)
    holds.hold(job=job, reason="operator", ruling="", rule="", by=own.desk.by, because="Looked into.")
    page = shown(own, job)
    assert "A compliance officer holds it. The reason given: Looked into." in page
    assert path(job, "resume/") not in page


def test_results_that_a_rule_closed_are_opened_by_asking_again(own):
    determine(own.desk.tenant, "find_missing_child", starts_at=timezone.now() + timedelta(days=3))
    assert own.alice.get(path(own.job, "results/")).status_code == 403
    page = shown(own, own.job)
    assert "The results are closed" in page
    assert own.alice.post(path(own.job, "reopen/")).status_code == 403
    determine(own.desk.tenant, "find_missing_child")
    own.alice.post(path(own.job, "reopen/"))
    assert own.desk.reload(own.job).status == JobStatus.RELEASED


def test_a_released_job_says_how_long_it_is_kept(own):
    end = own.job.released_at + timedelta(days=30)
    assert f"{end:%B} {end.day}, {end:%Y}" in shown(own, own.job)


def test_a_held_job_says_until_when(own):
    job = search(own)
    own.alice.post(path(job, "pause/"), {"reason": ""})
    end = own.desk.reload(job).held_at + timedelta(days=30)
    assert f"{end:%B} {end.day}, {end:%Y}" in shown(own, job)


def test_a_purged_job_shows_no_way_to_results_that_are_gone(own):
    changed(own, own.job, released_at=F("released_at") - timedelta(days=31))
    retention.sweep()
    page = shown(own, own.job)
    assert "destroyed when their time was over" in page
    assert "Look at the results" not in page
