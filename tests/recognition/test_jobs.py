import pytest
from django.db import connection, transaction

from compliance.models import PolicyEpoch, RulingRecord
from portal.audit.models import Event
from portal.common.errors import InvalidInput, NotFound, Refused
from portal.tenancy.actions import organizations
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition import ledger, reconcile, runner
from recognition.actions import jobs, results
from recognition.models import Candidate, Face, FoundFace, Item, JobStatus, Shard, ShardState
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, BORIS, CLARA, NOBODY, Desk, new_desk, photo, work_off


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def enroll(desk: Desk, *photos: tuple[str, bytes]):
    job = desk.submit("enroll", list(photos))
    work_off()
    return desk.reload(job)


def candidates(desk: Desk, job) -> list[tuple[str, str]]:
    with tenant_scope(desk.tenant.organization):
        rows = Candidate.objects.filter(item__job=job).select_related("item__image", "subject")
        return [(row.item.image.name, row.subject.name) for row in rows.order_by("item__position", "rank")]


def test_a_search_names_the_enrolled_person_as_candidate_and_nobody_else(desk):
    enroll(desk, ("anna_1.png", photo(ANNA)), ("boris_1.png", photo(BORIS)))
    job = desk.submit("search", [("a.png", photo(ANNA)), ("c.png", photo(CLARA))])
    assert job.status == JobStatus.QUEUED
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED
    assert candidates(desk, job) == [("a.png", "anna")]


def test_every_item_ends_with_a_result_or_a_reason(desk):
    enroll(desk, ("anna.png", photo(ANNA)))
    job = desk.submit("search", [("a.png", photo(ANNA)), ("dark.png", photo(NOBODY)), ("x.txt", b"text")])
    work_off()
    assert [(i.status, i.reason) for i in desk.items(job)] == [("done", ""), ("done", "no_face")]
    assert desk.reload(job).rejected == [{"name": "x.txt", "reason": "image_format"}]


def test_the_same_photo_is_enrolled_once_and_the_second_is_named_duplicate(desk):
    same = photo(ANNA)
    job = enroll(desk, ("anna_1.png", same), ("anna_2.png", same))
    assert [i.reason for i in desk.items(job)] == ["", "duplicate"]
    with tenant_scope(desk.tenant.organization):
        assert Face.objects.filter(gallery=desk.gallery).count() == 1


def test_templates_are_stored_rotated(desk):
    enroll(desk, ("anna.png", photo(ANNA)))
    plain = FakeEngine().analyze(photo(ANNA)).usable[0].template
    with tenant_scope(desk.tenant.organization):
        stored = Face.objects.get(gallery=desk.gallery).template
    assert abs(float(plain @ stored)) < 0.9


def test_a_refused_job_is_kept_with_its_ruling_and_does_nothing(desk):
    with pytest.raises(Refused) as refusal:
        desk.submit(
            "search",
            [("a.png", photo(ANNA))],
            facts={
                "subject_class": "suspect",
                "requested_by": "police",
                "case_reference": "C",
                "recipient": None,
                "probe_source": "case_file",
            },
        )
    detail = refusal.value.detail
    with tenant_scope(desk.tenant.organization):
        ruling = RulingRecord.objects.with_public_id(detail["decision"])
        assert (ruling.outcome, ruling.subject) == ("refused", detail["job"])
    assert detail["remedy"]
    assert ledger.ready_count() == 0
    assert Event.objects.filter(target=detail["job"], verb="job.submitted").exists()


def test_a_job_of_another_tenants_gallery_is_not_found(desk):
    other = new_desk("Other House")
    with pytest.raises(NotFound):
        desk.submit("search", [("a.png", photo(ANNA))], gallery=other.gallery)


def test_a_suspension_during_a_shard_writes_no_row(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    claim = ledger.claim("test:worker")

    runner.run(claim, Suspends(desk))
    with tenant_scope(desk.tenant.organization):
        assert not FoundFace.objects.filter(item__job=job).exists()
    work_off()
    held = desk.reload(job)
    assert (held.status, held.held_reason) == (JobStatus.HELD, "policy")
    assert Shard.objects.get(job_id=job.pk).state == ShardState.HELD


class Suspends(FakeEngine):
    """Its organization is suspended while it looks at faces."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def run(self, images, between_batches=None):
        yield from super().run(images, between_batches)
        with transaction.atomic():
            organizations.change_status(
                self.desk.tenant.organization, "suspended", by=self.desk.by, reason="t"
            )


def test_a_held_job_goes_on_when_its_organization_is_active_again(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended", epoch=1)
    work_off()
    assert desk.reload(job).status == JobStatus.HELD
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="active", epoch=2)
    reconcile.reconcile()
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_a_policy_published_during_a_shard_writes_no_row(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    claim = ledger.claim("test:worker")

    class Publishes(FakeEngine):
        def run(self, images, between_batches=None):
            yield from super().run(images, between_batches)
            PolicyEpoch.objects.update(epoch=PolicyEpoch.objects.get().epoch + 1)

    runner.run(claim, Publishes())
    assert [i.status for i in desk.items(job)] == ["waiting"]
    work_off()
    assert [i.status for i in desk.items(job)] == ["done"]


def test_two_workers_with_the_same_shard_write_one_result(desk):
    enroll(desk, ("anna.png", photo(ANNA)))
    job = desk.submit("search", [("a.png", photo(ANNA))])
    slow = ledger.claim("test:slow")
    ledger.take_over(slow)
    assert work_off() == 1
    runner.run(slow, FakeEngine())
    assert len(candidates(desk, job)) == 1


def test_a_lost_shard_is_taken_over_and_counted(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    ledger.claim("test:lost")
    Shard.objects.filter(job_id=job.pk).update(lease_until="2020-01-01T00:00Z")
    reconcile.reconcile()
    assert work_off() == 1
    assert desk.reload(job).recoveries == 1


def test_a_photo_that_kills_workers_stands_alone_in_the_end(desk):
    job = desk.submit("search", [(f"{n}.png", photo(ANNA)) for n in range(4)])
    for _ in range(40):
        claim = ledger.claim("test:lost")
        if claim is None:
            break
        if claim.first <= 2 <= claim.last:  # the third photo kills whoever touches it
            Shard.objects.filter(pk=claim.shard_id).update(lease_until="2020-01-01T00:00Z")
            reconcile.reconcile()
        else:
            runner.run(claim, FakeEngine())
    assert [(i.status, i.reason) for i in desk.items(job)] == [
        ("done", ""),
        ("done", ""),
        ("failed", "poison"),
        ("done", ""),
    ]
    assert desk.reload(job).status == JobStatus.PARTIAL


def test_cancelling_leaves_what_is_done_and_never_does_the_rest(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    jobs.cancel(job=job, by=desk.by)
    assert work_off() == 0
    assert desk.reload(job).status == JobStatus.CANCELLED


def test_failed_items_are_put_back_and_done(desk):
    job = desk.submit("search", [("a.png", photo(ANNA)), ("b.png", photo(BORIS))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        Item.objects.filter(job=job, position=1).update(status="failed", reason="timeout")
        type(job).objects.filter(pk=job.pk).update(status="partial")
    assert jobs.retry(job=desk.reload(job), by=desk.by) == 1
    work_off()
    assert desk.reload(job).status == JobStatus.RELEASED


def test_results_are_closed_when_the_rules_no_longer_clear_them(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    work_off()
    Organization.objects.filter(pk=desk.tenant.organization.pk).update(status="suspended")
    with pytest.raises(Refused):
        results.open_results(job=desk.reload(job), by=desk.by)
    assert desk.reload(job).status == JobStatus.HELD


def test_the_next_shard_comes_from_whoever_used_least(desk):
    other = new_desk("Second House")
    for _ in range(3):
        desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    other.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    order = [ledger.claim("test:worker").organization_id for _ in range(4)]
    assert other.tenant.organization.pk in order[:2]


def test_thresholds_off_the_scale_are_refused(desk):
    with pytest.raises(InvalidInput, match="threshold_range"):
        desk.submit("search", [("a.png", photo(ANNA))], threshold=101)


def test_the_database_shows_no_row_without_a_scope(desk):
    enroll(desk, ("anna.png", photo(ANNA)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recognition_face")
        assert cursor.fetchone() == (0,)
