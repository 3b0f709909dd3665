"""What stops a shard leaves no row, no lease and no job that never ends."""

import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from portal.tenancy.actions import keys, members
from portal.tenancy.actor import Actor
from portal.tenancy.models import ApiKey, Membership, Organization
from portal.tenancy.scope import tenant_scope
from recognition import ledger, reconcile, runner, storage
from recognition.actions import holds, jobs, results
from recognition.models import Face, FoundFace, Gallery, Heartbeat, Image, Job, JobStatus, Shard, ShardState
from recognition.worker import Worker
from tests.compliance.conftest import determine, new_user
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, BORIS, Desk, Meanwhile, new_desk, photo, work_off
from tests.support.workers import FAKE, wait_for


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def rows_of(desk: Desk, job: Job) -> int:
    with tenant_scope(desk.tenant.organization):
        return FoundFace.objects.filter(item__job=job).count()


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


def submitted_by_key(desk: Desk) -> tuple[Job, ApiKey]:
    key = new_key(desk)
    job = desk.submit("search", [("a.png", photo(ANNA))])
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(submitted_by=Actor.for_key(key).id)
    return desk.reload(job), key


# What ends while a shard runs


def test_a_revoked_key_stops_its_running_job_before_the_next_result(desk):
    job, key = submitted_by_key(desk)
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: keys.revoke(key=key, by=desk.by)))
    assert rows_of(desk, job) == 0
    work_off()
    held = desk.reload(job)
    assert (held.state, held.refused_by, rows_of(desk, job)) == ("held:tenant", "key-revoked", 0)


def test_a_key_that_expires_during_a_shard_writes_no_row(desk):
    job, key = submitted_by_key(desk)
    expires = lambda: ApiKey.objects.filter(pk=key.pk).update(expires_at=Now())  # noqa: E731
    runner.run(ledger.claim("test:worker"), Meanwhile(expires))
    work_off()
    assert (desk.reload(job).refused_by, rows_of(desk, job)) == ("key-expired", 0)


def test_revoking_a_key_and_removing_a_member_raise_the_epoch(desk):
    def epoch() -> int:
        return Organization.objects.get(pk=desk.tenant.organization.pk).epoch

    before = epoch()
    keys.revoke(key=new_key(desk), by=desk.by)
    assert epoch() == before + 1
    member = Membership.objects.create(
        organization=desk.tenant.organization, user=new_user("Mia"), role="analyst"
    )
    members.remove(membership=member, by=desk.by)
    assert epoch() == before + 2


def test_a_job_cancelled_during_a_shard_writes_no_row(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    cancels = Meanwhile(lambda: jobs.cancel(job=desk.reload(job), by=desk.by))
    runner.run(ledger.claim("test:worker"), cancels)
    assert rows_of(desk, job) == 0
    assert Shard.objects.get(job_id=job.pk).state == ShardState.CANCELLED


# A shard that breaks


class Breaks(FakeEngine):
    """Raises at the third photo of a job, whatever is done."""

    def run(self, images, between_batches=None):
        for key, source in images:
            if position_of(key) == 2:
                raise RuntimeError("broken")
            yield from super().run([(key, source)])


def position_of(item_id: str) -> int:
    return POSITIONS[item_id.partition("/")[0]]  # whatever photo of the item it is


POSITIONS: dict[str, int] = {}


def test_a_shard_that_raises_is_given_up_at_once_with_its_attempt_counted(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    POSITIONS.update({str(item.pk): 2 for item in desk.items(job)})
    runner.run(ledger.claim("test:worker"), Breaks())
    shard = Shard.objects.get(job_id=job.pk)
    assert (shard.state, shard.attempt, shard.lease) == (ShardState.READY, 1, None)


def test_an_item_that_always_raises_ends_as_poison_and_the_others_are_done(desk):
    job = desk.submit("detect", [(f"{n}.png", photo(ANNA)) for n in range(4)], gallery=None)
    POSITIONS.update({str(item.pk): item.position for item in desk.items(job)})
    work_off(Breaks(), most=40)
    assert [i.reason for i in desk.items(job)] == ["", "", "poison", ""]
    assert desk.reload(job).status == JobStatus.PARTIAL


def test_a_job_of_one_item_that_always_raises_ends(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(facts={"no_such_fact": 1})  # breaks before the job has begun
    work_off(most=10)
    assert desk.reload(job).status == JobStatus.FAILED


def test_an_erased_photo_is_named_and_does_not_break_its_shard(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA)), ("b.png", photo(BORIS))], gallery=None)
    erased = desk.items(job)[0].image
    with tenant_scope(desk.tenant.organization):
        Image.objects.filter(pk=erased.pk).update(purged_at=Now())
    storage.delete(erased.path)
    work_off()
    assert [i.reason for i in desk.items(job)] == ["erased", ""]
    assert desk.reload(job).status == JobStatus.RELEASED


def test_one_broken_job_does_not_keep_the_reconciler_from_the_others(desk):
    broken, other = (desk.submit("detect", [("a.png", photo(ANNA))], gallery=None) for _ in range(2))
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=broken.pk).update(facts={"no_such_fact": 1})
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended", epoch=1)
    reconcile.reconcile()
    assert desk.reload(other).status == JobStatus.HELD


# Held, and back


def test_a_shard_that_met_a_hold_goes_on_with_its_job(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    claim = ledger.claim("test:worker")
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended", epoch=1)
    stale = desk.reload(job)
    with tenant_scope(desk.tenant.organization):  # another worker began it in between
        Job.objects.filter(pk=job.pk).update(status="running")
    work = runner._open(claim)
    runner._pass_gates(type(work)(claim, stale, None, work.items, work.key))
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="active", epoch=2)
    reconcile.reconcile()
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_results_held_by_a_rule_are_read_again_when_it_no_longer_stands(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    work_off()
    holds.hold(job=desk.reload(job), reason="policy", ruling="", rule="organization-stopped", by=desk.by)
    assert results.open_results(job=desk.reload(job), by=desk.by).is_cleared
    assert desk.reload(job).status == JobStatus.RELEASED


def test_a_job_held_until_a_day_goes_on_when_that_day_comes(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    determine(desk.tenant, "find_missing_child", starts_at=timezone.now() + timedelta(seconds=2))
    work_off()
    assert desk.reload(job).status == JobStatus.HELD
    time.sleep(2.1)
    reconcile.reconcile()
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_leases_of_a_worker_that_said_goodbye_end_at_once(desk, settings):
    settings.COUNTENANCE_ENGINE = FAKE
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    worker = Worker()
    worker.begin()
    wait_for(lambda: Heartbeat.objects.filter(worker=worker.name).exists(), 10, 0.1)
    ledger.claim(worker.name)
    worker.end()
    reconcile.reconcile()
    assert Shard.objects.get(job_id=job.pk).state == ShardState.READY


def test_poison_of_a_held_job_waits_until_the_job_goes_on(desk):
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    for _ in range(3):
        claim = ledger.claim("test:worker")
        if claim.attempt == 3:
            holds.hold(job=desk.reload(job), reason="policy", ruling="", rule="x", by=desk.by)
        runner.take_over(claim)
    assert Shard.objects.get(job_id=job.pk).state == ShardState.HELD
    holds.review_hold(job=desk.reload(job), gallery=None, by=desk.by)
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


# Demands that grew


def test_the_threshold_rises_with_the_gallery_between_submission_and_search(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    job = desk.submit("search", [("a.png", photo(ANNA))])
    assert job.threshold_reason == "asked"
    enroll_many(desk, 400)
    work_off()
    run = desk.reload(job)
    assert run.threshold > job.threshold
    assert run.threshold_reason == "budget"


def enroll_many(desk: Desk, number: int) -> None:
    """Enroll the one face so often: only the gallery's size is looked at."""
    with tenant_scope(desk.tenant.organization):
        face = Face.objects.get(gallery=desk.gallery)
        values = {
            f.attname: getattr(face, f.attname)
            for f in Face._meta.concrete_fields
            if f.name not in ("id", "index")
        }
        Face.objects.bulk_create(Face(**values, index=index) for index in range(1, number))


def test_a_gallery_of_another_model_is_not_searched(desk):
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        Gallery.objects.filter(pk=desk.gallery.pk).update(pipeline="another-model")
    job = desk.submit("search", [("a.png", photo(ANNA))])
    work_off()
    assert [(i.status, i.reason) for i in desk.items(job)] == [("failed", "model_mismatch")]
