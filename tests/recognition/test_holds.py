"""Jobs that people stop and let go on; what has ended leaves no open ruling."""

import pytest

from compliance.models import RulingRecord
from portal.audit.models import Event
from portal.common.errors import Conflict, NotFound, Refused
from portal.tenancy.models import Organization
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import ledger, reconcile, runner
from recognition.actions import holds, jobs, progress, results
from recognition.models import FoundFace, Item, Job, JobStatus, Shard, ShardState
from tests.support.jobs import ANNA, BORIS, Desk, Meanwhile, new_desk, photo, work_off


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def detect(desk: Desk) -> Job:
    return desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)


def finished(desk: Desk) -> Job:
    job = detect(desk)
    work_off()
    return desk.reload(job)


def suspend(desk: Desk, epoch: int = 1) -> None:
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended", epoch=epoch)


def open_rulings(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return RulingRecord.objects.about(job.public_id).still_open().count()


def rows_of(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).count()


def partly_done(desk: Desk, **changes) -> Job:
    job = desk.submit("search", [("a.png", photo(ANNA)), ("b.png", photo(BORIS))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        Item.objects.filter(job=job, position=1).update(status="failed", reason="timeout")
        Job.objects.filter(pk=job.pk).update(status="partial", released_at=None, **changes)
    return desk.reload(job)


# Paused by its own organization


def test_a_paused_job_waits_until_somebody_lets_it_go_on(desk):
    job = detect(desk)
    holds.pause(job=job, because="The case is closed, perhaps.", by=desk.by)
    reconcile.reconcile()
    assert work_off() == 0
    held = desk.reload(job)
    assert (held.state, held.held_by, held.held_at is not None) == ("held:tenant", desk.by.id, True)
    holds.resume(job=held, by=desk.by)
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_pausing_takes_the_lease_from_whoever_works_and_costs_no_attempt(desk):
    job = detect(desk)
    claim = ledger.claim("test:worker")
    runner.run(claim, Meanwhile(lambda: holds.pause(job=desk.reload(job), by=desk.by)))
    shard = Shard.objects.get(job_id=job.pk)
    assert (shard.state, shard.attempt, shard.lease, rows_of(desk, job)) == (ShardState.HELD, 0, None, 0)


def test_a_paused_job_is_not_let_go_on_by_the_rules(desk):
    job = detect(desk)
    holds.pause(job=job, by=desk.by)
    suspend(desk)
    reconcile.reconcile()
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="active", epoch=2)
    reconcile.reconcile()
    assert desk.reload(job).state == "held:tenant"


def test_resuming_passes_the_gate_again_and_a_refusal_leaves_the_job_held(desk):
    job = detect(desk)
    holds.pause(job=job, by=desk.by)
    suspend(desk)
    with pytest.raises(Refused) as refusal:
        holds.resume(job=desk.reload(job), by=desk.by)
    assert refusal.value.code == "organization-stopped"
    assert refusal.value.detail["decision"].startswith("rul_")
    assert desk.reload(job).state == "held:tenant"
    assert not Event.objects.filter(target=job.public_id, verb="job.resumed").exists()


def test_what_the_operator_holds_no_member_lets_go_on(desk):
    job = detect(desk)
    holds.hold(job=job, reason="operator", ruling="", rule="", by=desk.by)
    with pytest.raises(Refused, match="held_by_operator"):
        holds.resume(job=desk.reload(job), by=desk.by)
    assert desk.reload(job).state == "held:operator"


def test_results_of_a_paused_job_are_read_by_nobody(desk):
    job = finished(desk)
    holds.pause(job=job, by=desk.by)
    with pytest.raises(Conflict, match="not_released"):
        results.open_results(job=desk.reload(job), by=desk.by)
    holds.resume(job=desk.reload(job), by=desk.by)
    assert results.open_results(job=desk.reload(job), by=desk.by).is_cleared


def test_a_stream_of_results_stops_when_they_are_held(desk):
    job = finished(desk)
    ruling = results.open_results(job=job, by=desk.by)
    holds.pause(job=job, by=desk.by)
    with pytest.raises(Refused, match="results_closed"):
        list(results.rows(job, ruling))


def test_a_member_of_another_organization_cannot_pause(desk):
    job = detect(desk)
    with pytest.raises(NotFound):
        holds.pause(job=job, by=new_desk("Other House").by)
    assert desk.reload(job).status == JobStatus.QUEUED


def test_pausing_takes_the_right_to_submit(desk):
    job = detect(desk)
    reviewer = type(desk.by)(
        kind="user", id="usr_r", label="R", organization_id=desk.tenant.organization.pk, role=Role.REVIEWER
    )
    with pytest.raises(Refused, match="permission"):
        holds.pause(job=job, by=reviewer)


# Work that is done in part


def test_a_partly_done_job_is_released_as_it_is(desk):
    job = partly_done(desk)
    progress.accept(job=job, by=desk.by)
    released = desk.reload(job)
    assert (released.status, released.released_at is not None) == (JobStatus.RELEASED, True)


def test_a_job_that_is_not_partly_done_is_not_released_past_its_review(desk):
    job = finished(desk)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(status="awaiting_review")
    with pytest.raises(Conflict, match="not_partial"):
        progress.accept(job=desk.reload(job), by=desk.by)
    assert desk.reload(job).status == JobStatus.AWAITING_REVIEW


def test_a_partly_done_job_is_not_released_while_a_rule_stands_against_it(desk):
    job = partly_done(desk)
    suspend(desk)
    with pytest.raises(Refused, match="organization-stopped"):
        progress.accept(job=job, by=desk.by)
    assert desk.reload(job).status == JobStatus.PARTIAL


# What has ended


def test_a_cancelled_job_leaves_no_open_ruling(desk):
    job = detect(desk)
    assert open_rulings(desk, job) == 1
    jobs.cancel(job=job, by=desk.by)
    assert open_rulings(desk, job) == 0


def test_a_job_cancelled_while_a_shard_runs_leaves_no_open_ruling(desk):
    job = detect(desk)
    cancels = Meanwhile(lambda: jobs.cancel(job=desk.reload(job), by=desk.by))
    runner.run(ledger.claim("test:worker"), cancels)
    assert open_rulings(desk, job) == 0


def test_a_failed_job_leaves_no_open_ruling_and_a_retry_opens_one(desk):
    job = finished(desk)
    with tenant_scope(desk.tenant.organization):
        Item.objects.filter(job=job).update(status="failed", reason="timeout")
        Job.objects.filter(pk=job.pk).update(status="running")
        progress.finish(Job.objects.get(pk=job.pk), by=desk.by)
    assert (desk.reload(job).status, open_rulings(desk, job)) == (JobStatus.FAILED, 0)
    jobs.retry(job=desk.reload(job), by=desk.by)
    assert open_rulings(desk, job) == 1


def test_held_results_are_not_cancelled(desk):
    job = finished(desk)
    holds.pause(job=job, by=desk.by)
    with pytest.raises(Conflict, match="done_already"):
        jobs.cancel(job=desk.reload(job), by=desk.by)
    assert desk.reload(job).status == JobStatus.HELD
