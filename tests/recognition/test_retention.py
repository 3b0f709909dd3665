"""What the clock ends and destroys. Moments of rows are moved back: the database's clock is the real one."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from compliance import references
from compliance.models import Case, LegalDemand, LegalHold, RulingRecord
from portal.audit.models import Event
from portal.common.errors import Conflict, Refused
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition import storage
from recognition.actions import holds, jobs, recalls, results, retention
from recognition.models import (
    Candidate,
    Face,
    FoundFace,
    Image,
    Item,
    Job,
    JobStatus,
    Shard,
    ShardState,
    Subject,
)
from tests.compliance.conftest import determine, new_user
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off

POLICE = FACTS | {"subject_class": "suspect", "requested_by": "police", "recipient": None}


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def detect(desk: Desk) -> Job:
    return desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)


def enrolled_and_searched(desk: Desk) -> tuple[Job, Job]:
    enrollment = desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    search = desk.submit("search", [("a.png", photo(ANNA)), ("b.png", photo(BORIS))])
    work_off()
    return desk.reload(enrollment), desk.reload(search)


def earlier(desk: Desk, job: Job, days: float, *moments: str) -> None:
    """Move moments of a job back by days."""
    back = {name: F(name) - timedelta(days=days) for name in moments}
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(**back)


def photos(desk: Desk, job: Job) -> list[Image]:
    with tenant_scope(desk.tenant.organization):
        return list(Image.objects.filter(pk__in=Item.objects.filter(job=job).values("image")).order_by("pk"))


def stored(image: Image) -> bool:
    return storage.default_storage.exists(image.path)


def count(desk: Desk, rows) -> int:
    with tenant_scope(desk.tenant.organization):
        return rows().count()


def held_by_law(desk: Desk, subject: str) -> LegalHold:
    officer = new_user("officer")
    with officer_scope():
        case = Case.objects.create(
            organization=desk.tenant.organization,
            kind="legal_demand",
            reference=references.draw("C"),
            summary="Demand",
            due_at=timezone.now(),
        )
        demand = LegalDemand.objects.create(
            organization=desk.tenant.organization,
            case=case,
            kind="subpoena",
            issuer="Court",
            reference="A 1",
            scope="All",
            recorded_by=officer,
            due_at=timezone.now(),
        )
        return LegalHold.objects.create(
            organization=desk.tenant.organization, demand=demand, subject=subject, placed_by=officer
        )


# Undecided, and held for too long


def test_a_job_nobody_decided_on_expires_after_two_weeks_and_its_case_is_withdrawn(desk):
    determine(desk.tenant, "other")
    job = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None, purpose="other", facts=FACTS)
    earlier(desk, job, 13.9, "created_at")
    retention.sweep()
    assert desk.reload(job).status == JobStatus.AWAITING_APPROVAL
    earlier(desk, job, 0.2, "created_at")
    retention.sweep()
    assert desk.reload(job).status == JobStatus.EXPIRED
    with officer_scope():
        assert Case.objects.get(subject=job.public_id).status == "withdrawn"
        assert not RulingRecord.objects.about(job.public_id).still_open().exists()


def test_a_job_held_for_thirty_days_is_terminated_and_its_results_destroyed(desk):
    _, job = enrolled_and_searched(desk)
    holds.pause(job=job, by=desk.by)
    earlier(desk, job, 29.9, "held_at")
    retention.sweep()
    assert desk.reload(job).status == JobStatus.HELD
    earlier(desk, job, 0.2, "held_at")
    retention.sweep()
    retention.sweep()
    ended = desk.reload(job)
    assert (ended.status, ended.purged_at is not None) == (JobStatus.TERMINATED, True)
    assert count(desk, lambda: FoundFace.objects.filter(item__job=job)) == 0
    assert not any(stored(image) for image in photos(desk, job))


def test_a_hold_that_was_lifted_counts_anew(desk):
    job = detect(desk)
    holds.pause(job=job, by=desk.by)
    earlier(desk, job, 29, "held_at")
    holds.resume(job=desk.reload(job), by=desk.by)
    holds.pause(job=desk.reload(job), by=desk.by)
    assert desk.reload(job).held_at > timezone.now() - timedelta(minutes=5)


# Photos and results


def test_photos_and_results_are_destroyed_thirty_days_after_release_with_a_receipt(desk):
    _, job = enrolled_and_searched(desk)
    earlier(desk, job, 30.1, "released_at")
    probes = photos(desk, job)
    assert all(stored(image) for image in probes)
    retention.sweep()
    assert desk.reload(job).status == JobStatus.PURGED
    assert not any(stored(image) for image in probes)
    assert count(desk, lambda: Candidate.objects.filter(item__job=job)) == 0
    receipt = Event.objects.get(target=job.public_id, verb="job.purged")
    assert receipt.payload == {"status": "released", "photos": 2, "kept": 0, "faces": 2, "candidates": 1}
    with pytest.raises(Conflict, match="purged"):
        results.open_results(job=desk.reload(job), by=desk.by)


def test_nothing_is_destroyed_a_day_too_early_and_nothing_twice(desk):
    _, job = enrolled_and_searched(desk)
    earlier(desk, job, 29, "released_at")
    retention.sweep()
    assert desk.reload(job).status == JobStatus.RELEASED
    earlier(desk, job, 2, "released_at")
    retention.sweep()
    retention.sweep()
    assert Event.objects.filter(target=job.public_id, verb="job.purged").count() == 1


def test_photos_that_a_gallery_uses_stay_and_whom_they_show_is_forgotten_by_the_job(desk):
    enrollment, _ = enrolled_and_searched(desk)
    earlier(desk, enrollment, 31, "released_at")
    retention.sweep()
    [image] = photos(desk, enrollment)
    assert (stored(image), image.purged_at) == (True, None)
    assert count(desk, lambda: Face.objects.filter(gallery=desk.gallery)) == 1
    assert [item.subject_name for item in desk.items(enrollment)] == [""]
    receipt = Event.objects.get(target=enrollment.public_id, verb="job.purged")
    assert (receipt.payload["photos"], receipt.payload["kept"]) == (0, 1)


def test_a_photo_of_two_jobs_goes_with_the_later_one(desk):
    first, second = detect(desk), detect(desk)
    work_off()
    with tenant_scope(desk.tenant.organization):
        shared = Item.objects.get(job=first).image_id
        Item.objects.filter(job=second).update(image=shared)
    earlier(desk, first, 31, "released_at")
    retention.sweep()
    assert [stored(image) for image in photos(desk, second)] == [True]
    earlier(desk, second, 31, "released_at")
    retention.sweep()
    assert [stored(image) for image in photos(desk, second)] == [False]


def test_a_stricter_rule_shortens_the_time(desk):
    determine(desk.tenant, "find_missing_child", conditions={"retention_days": 7})
    job = detect(desk)
    work_off()
    assert desk.reload(job).retention_days == 7
    earlier(desk, job, 8, "released_at")
    retention.sweep()
    assert desk.reload(job).status == JobStatus.PURGED


@pytest.mark.parametrize("end", ["cancelled", "recalled"])
def test_what_ended_otherwise_keeps_its_state_and_loses_photos_and_results(desk, end):
    job = detect(desk)
    if end == "cancelled":
        jobs.cancel(job=job, by=desk.by)
    else:
        work_off()
        recalls.recall(job=desk.reload(job), because="Wrong case.", by=desk.by)
    earlier(desk, job, 31, "finished_at", "released_at")
    retention.sweep()
    ended = desk.reload(job)
    assert (ended.status, ended.purged_at is not None) == (end, True)
    assert [stored(image) for image in photos(desk, job)] == [False]


@pytest.mark.parametrize("end", [JobStatus.REFUSED, JobStatus.EXPIRED, JobStatus.CANCELLED])
def test_photos_of_a_job_that_nobody_reads_are_destroyed_after_two_weeks(desk, end):
    job = detect(desk)
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(status=JobStatus.AWAITING_APPROVAL)
        jobs.conclude(Job.objects.get(pk=job.pk), end)
    earlier(desk, job, 13.9, "finished_at")
    retention.sweep()
    assert stored(photos(desk, job)[0])
    earlier(desk, job, 0.2, "finished_at")
    retention.sweep()
    assert not stored(photos(desk, job)[0])
    assert desk.reload(job).status == end


def test_photos_of_a_job_that_a_rule_refused_are_kept_for_two_weeks_and_never_longer(desk):
    with pytest.raises(Refused) as refused:
        desk.submit("search", [("a.png", photo(ANNA))], facts=POLICE)
    with tenant_scope(desk.tenant.organization):
        job = Job.objects.all().with_public_id(refused.value.detail["job"])
    assert (job.status, job.retention_days) == ("refused", 14)


def test_a_job_whose_photos_were_destroyed_is_not_retried(desk):
    job = detect(desk)
    work_off()
    with tenant_scope(desk.tenant.organization):
        Item.objects.filter(job=job).update(status="failed", reason="timeout")
        Job.objects.filter(pk=job.pk).update(status="failed", released_at=None)
    earlier(desk, job, 31, "finished_at")
    retention.sweep()
    with pytest.raises(Conflict, match="purged"):
        jobs.retry(job=desk.reload(job), by=desk.by)


@pytest.mark.parametrize("whole", [True, False])
def test_a_legal_hold_keeps_photos_and_results_until_it_is_lifted(desk, whole):
    job = detect(desk)
    work_off()
    earlier(desk, job, 31, "released_at")
    hold = held_by_law(desk, "" if whole else job.public_id)
    retention.sweep()
    assert desk.reload(job).status == JobStatus.RELEASED
    assert [stored(image) for image in photos(desk, job)] == [True]
    second = new_user("second")
    with officer_scope():
        LegalHold.objects.filter(pk=hold.pk).update(lifted_at=timezone.now(), lifted_by=second)
    retention.sweep()
    assert desk.reload(job).status == JobStatus.PURGED


def test_one_job_that_cannot_be_purged_keeps_no_other_waiting(desk, monkeypatch):
    broken, other = detect(desk), detect(desk)
    work_off()
    for job in (broken, other):
        earlier(desk, job, 31, "released_at")
    path, delete = photos(desk, broken)[0].path, storage.delete

    def refuses(name: str) -> None:
        if name == path:
            raise OSError("the store is away")
        delete(name)

    monkeypatch.setattr(storage, "delete", refuses)
    retention.sweep()
    assert desk.reload(broken).status == JobStatus.RELEASED
    assert desk.reload(other).status == JobStatus.PURGED


# Enrolled faces


def older_faces(desk: Desk, days: float) -> None:
    with tenant_scope(desk.tenant.organization):
        Face.objects.filter(gallery=desk.gallery).update(created_at=F("created_at") - timedelta(days=days))


def test_faces_are_erased_when_their_gallery_has_kept_them_long_enough(desk):
    enrollment, search = enrolled_and_searched(desk)
    older_faces(desk, 364)
    retention.sweep()
    assert count(desk, lambda: Face.objects.filter(gallery=desk.gallery)) == 1
    older_faces(desk, 2)
    retention.sweep()
    assert count(desk, lambda: Face.objects.filter(gallery=desk.gallery)) == 0
    assert count(desk, lambda: Subject.objects.filter(gallery=desk.gallery)) == 0
    assert count(desk, lambda: Candidate.objects.filter(item__job=search)) == 0
    assert [stored(image) for image in photos(desk, enrollment)] == [False]
    receipt = Event.objects.get(target=desk.gallery.public_id, verb="faces.expired")
    assert receipt.payload == {"faces": 1, "subjects": 1, "photos": 1, "days": 365}


def test_a_legal_hold_keeps_the_faces_of_a_gallery(desk):
    enrolled_and_searched(desk)
    older_faces(desk, 400)
    held_by_law(desk, desk.gallery.public_id)
    retention.sweep()
    assert count(desk, lambda: Face.objects.filter(gallery=desk.gallery)) == 1
