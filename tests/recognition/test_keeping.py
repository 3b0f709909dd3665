"""A legal hold against erasure by hand: what is kept stays, and whoever asks is not told why."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from compliance.models import LegalHold
from portal.common.errors import Conflict
from portal.tenancy.scope import officer_scope, tenant_scope
from recognition.actions import erasure, found, images, merging, record_photos, records, retention
from recognition.models import Candidate, Face, Image, Shard, ShardState, Subject
from tests.compliance.conftest import new_officer
from tests.compliance.test_legal_holds import demanded, held
from tests.support.jobs import ANNA, BORIS, Desk, new_desk, photo, work_off
from tests.support.records import add_photo, new_record, record_of, subject_of


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    desk = new_desk()
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    work_off()
    return desk


def search(desk: Desk, color=ANNA):
    job = desk.submit("search", [("probe.png", photo(color))])
    work_off()
    return job


def hold(desk: Desk, subject: str = "") -> LegalHold:
    officer = new_officer("Ada")
    return held(demanded(desk.tenant, officer), officer, subject)


def lift(made: LegalHold) -> None:
    lifted = {"lifted_by_id": new_officer("Ben").user_id, "lifted_at": timezone.now()}
    with officer_scope():
        LegalHold.objects.filter(pk=made.pk).update(**lifted)


def left(desk: Desk) -> list[str]:
    with tenant_scope(desk.tenant.organization):
        return sorted(Subject.objects.filter(gallery=desk.gallery).values_list("name", flat=True))


def test_a_candidate_of_a_kept_job_is_not_erased_until_the_hold_is_lifted(desk):
    made = hold(desk, search(desk).public_id)
    with pytest.raises(Conflict, match="kept") as refused:
        erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    assert not {"demand", "court", "hold", "legal"} & set(refused.value.sentence.lower().split())
    assert left(desk) == ["anna", "boris"]
    erasure.erase_subject(subject=subject_of(desk, "boris"), by=desk.by)
    lift(made)
    erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    assert left(desk) == []


def test_a_gallery_with_a_kept_candidate_is_not_deleted(desk):
    hold(desk, search(desk).public_id)
    with pytest.raises(Conflict, match="kept"):
        erasure.delete_gallery(gallery=desk.gallery, by=desk.by)
    assert left(desk) == ["anna", "boris"]


def test_of_an_organization_that_is_kept_whole_nothing_is_destroyed_by_hand(desk):
    record = new_record(desk)
    portrait = add_photo(desk, record, ANNA)
    single = images.upload(organization=desk.tenant.organization, name="a.png", data=photo(ANNA), by=desk.by)
    hold(desk)
    for destroy in (
        lambda: erasure.erase_subject(subject=subject_of(desk, "boris"), by=desk.by),
        lambda: images.delete(image=single, by=desk.by),
        lambda: record_photos.remove(photo=portrait, by=desk.by),
    ):
        with pytest.raises(Conflict, match="kept"):
            destroy()
    with tenant_scope(desk.tenant.organization):
        assert not Image.objects.exclude(purged_at=None).exists()


def test_a_hold_on_another_job_keeps_nobody(desk):
    hold(desk, search(desk, BORIS).public_id)
    erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    assert left(desk) == ["boris"]


def test_found_waits_for_a_candidate_of_another_jobs_hold(desk):
    record = new_record(desk)
    job = search(desk)
    records.link(subject=subject_of(desk, "anna"), record=record, by=desk.by)
    made = hold(desk, job.public_id)
    assert found.found(record=record_of(desk, record.reference), by=desk.by).on_hold
    assert left(desk) == ["anna", "boris"]
    lift(made)
    assert found.sweep() == 1
    assert left(desk) == ["boris"]


def test_retention_leaves_the_faces_that_a_kept_job_names(desk):
    job = search(desk)
    hold(desk, job.public_id)
    with tenant_scope(desk.tenant.organization):
        Face.objects.update(created_at=F("created_at") - timedelta(days=400))
    organization = desk.tenant.organization.pk
    assert retention.expire_faces(desk.gallery.pk, organization)
    assert not retention.expire_faces(desk.gallery.pk, organization)
    assert left(desk) == ["anna"]
    with tenant_scope(desk.tenant.organization):
        assert Candidate.objects.filter(item__job=job).exists()


def test_retention_that_looked_before_the_hold_destroys_nothing(desk):
    with tenant_scope(desk.tenant.organization):
        Face.objects.update(created_at=F("created_at") - timedelta(days=400))
    hold(desk)
    assert erasure.erase_overdue(gallery=desk.gallery, by=retention.CLOCK).faces == 0
    assert left(desk) == ["anna", "boris"]


def merge(desk: Desk, survivor: str, merged: str) -> None:
    pair = {"survivor": subject_of(desk, survivor), "merged": subject_of(desk, merged)}
    merging.merge(**pair, reason="one person", by=desk.by)


def test_a_merge_of_a_moment_ago_brings_what_is_kept_along(desk, monkeypatch):
    hold(desk, search(desk, BORIS).public_id)
    real = erasure.lock_searches

    def late(whom):
        monkeypatch.setattr(erasure, "lock_searches", real)
        with ThreadPoolExecutor(1) as other:
            other.submit(alone, merge, desk, "anna", "boris").result(timeout=60)
        return real(whom)

    monkeypatch.setattr(erasure, "lock_searches", late)
    with pytest.raises(Conflict, match="kept"):
        erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    assert left(desk) == ["anna", "boris"]


def test_a_photo_that_waits_under_a_merged_name_is_kept_with_its_job(desk):
    merge(desk, "anna", "boris")
    waiting = desk.submit("enroll", [("boris.png", photo((9, 99, 199)))])
    hold(desk, waiting.public_id)
    with pytest.raises(Conflict, match="kept"):
        erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    record = new_record(desk)
    records.link(subject=subject_of(desk, "anna"), record=record, by=desk.by)
    assert found.found(record=record_of(desk, record.reference), by=desk.by).on_hold
    with tenant_scope(desk.tenant.organization):
        assert not Image.objects.exclude(purged_at=None).exists()


def alone(step, *values) -> None:
    try:
        step(*values)
    finally:
        connection.close()
