"""A job whose key has ended goes on under a person's own name and facts, or not at all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actions import keys
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey
from portal.tenancy.scope import tenant_scope
from recognition.actions import holds, jobs, takeovers
from recognition.models import Job, JobStatus, Shard, ShardState
from tests.support.jobs import ANNA, FACTS, Desk, new_desk, photo, work_off


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def new_key(desk: Desk) -> ApiKey:
    made = keys.create(
        organization=desk.tenant.organization,
        name="Program",
        purpose="find_missing_child",
        end_user_id=desk.tenant.itself.pk,
        expires_at=timezone.now() + timedelta(days=9),
        by=desk.by,
    )
    return made.key


def orphaned(desk: Desk) -> Job:
    """A job that is held because its key was revoked."""
    key, job = new_key(desk), desk.submit("search", [("a.png", photo(ANNA))])
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(submitted_by=Actor.for_key(key).id)
    keys.revoke(key=key, by=desk.by)
    work_off()
    return desk.reload(job)


def take_over(desk: Desk, job: Job, **changes) -> None:
    values = {"end_user_id": desk.tenant.itself.pk, "facts": FACTS, "by": desk.by}
    takeovers.take_over(job=job, **values | changes)


def test_a_person_takes_over_and_the_job_goes_on_under_their_name(desk):
    job = orphaned(desk)
    assert (job.state, job.refused_by) == ("held:tenant", "key-revoked")
    former = job.submitted_by
    take_over(desk, job, facts=FACTS | {"case_reference": "CASE-9"})
    work_off()
    done = desk.reload(job)
    assert (done.status, done.submitted_by) == (JobStatus.RELEASED, desk.by.id)
    assert done.facts["case_reference"] == "CASE-9"
    event = Event.objects.get(target=job.public_id, verb="job.taken_over")
    assert event.payload["from"] == former


def test_their_facts_pass_the_gate_and_a_refusal_leaves_everything_as_it_was(desk):
    job = orphaned(desk)
    with pytest.raises(Refused) as refusal:
        take_over(desk, job, facts=FACTS | {"subject_class": "suspect"})
    assert refusal.value.detail["decision"].startswith("rul_")
    kept = desk.reload(job)
    assert (kept.state, kept.submitted_by, kept.facts) == ("held:tenant", job.submitted_by, job.facts)


def test_a_key_takes_nothing_over(desk):
    job = orphaned(desk)
    with pytest.raises(Refused, match="person_needed"):
        take_over(desk, job, by=Actor.for_key(new_key(desk)))


def test_whoever_approved_a_job_does_not_take_it_over(desk):
    job = orphaned(desk)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(approved_by=desk.by.id)
    with pytest.raises(Refused, match="own_approval"):
        take_over(desk, desk.reload(job))


def test_a_job_whose_submitter_still_speaks_for_it_is_not_taken_over(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    holds.pause(job=job, by=desk.by)
    with pytest.raises(Conflict, match="not_orphaned"):
        take_over(desk, desk.reload(job))


def test_without_a_new_name_the_job_of_an_ended_key_does_not_go_on(desk):
    job = orphaned(desk)
    with pytest.raises(Conflict, match="key_ended"):
        holds.resume(job=job, by=desk.by)
    jobs.cancel(job=job, by=desk.by)
    assert desk.reload(job).status == JobStatus.CANCELLED


def test_a_case_named_anew_is_the_case_the_job_belongs_to(desk):
    job = orphaned(desk)
    take_over(desk, job, facts=FACTS | {"case_reference": "CASE-9"})
    with tenant_scope(desk.tenant.organization):
        assert Job.objects.select_related("record").get(pk=job.pk).record.reference == "CASE-9"


def test_a_search_for_a_person_is_not_taken_over_without_a_case(desk):
    job = orphaned(desk)
    with pytest.raises(InvalidInput, match="case_record_missing"):
        take_over(desk, job, facts=FACTS | {"case_reference": None})
    assert desk.reload(job).state == "held:tenant"


def test_a_tenant_does_not_lift_an_operators_hold_by_taking_the_job_over(desk):
    key, job = new_key(desk), desk.submit("search", [("a.png", photo(ANNA))])
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(submitted_by=Actor.for_key(key).id)
    holds.hold(job=desk.reload(job), reason="operator", ruling="", rule="", by=desk.by)
    keys.revoke(key=key, by=desk.by)
    with pytest.raises(Refused, match="held_by_operator"):
        take_over(desk, desk.reload(job))
    assert desk.reload(job).state == "held:operator"


def test_a_hold_that_became_an_operators_meanwhile_is_not_lifted(desk):
    job = orphaned(desk)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(held_reason="operator")
    with pytest.raises(Conflict, match="state_changed"):
        take_over(desk, job)
    assert desk.reload(job).state == "held:operator"
