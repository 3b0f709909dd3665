"""Erasure against work that waits or runs: nobody comes back."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.tenancy.scope import tenant_scope
from recognition import ledger, runner
from recognition.actions import erasure, jobs
from recognition.actions.images import Photo, Received
from recognition.models import Face, FoundFace, JobStatus, Shard, ShardState, Subject
from tests.support.jobs import ANNA, BORIS, Desk, Meanwhile, new_desk, photo, work_off


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    return new_desk()


def test_a_person_erased_during_a_shard_is_not_enrolled_again(desk):
    desk.submit("enroll", [("anna_1.png", photo(ANNA))])
    work_off()
    job = desk.submit("enroll", [("anna_2.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    with tenant_scope(desk.tenant.organization):
        anna = Subject.objects.get(gallery=desk.gallery, name="anna")
    runner.run(
        ledger.claim("test:worker"), Meanwhile(lambda: erasure.erase_subject(subject=anna, by=desk.by))
    )
    with tenant_scope(desk.tenant.organization):
        assert list(Subject.objects.filter(gallery=desk.gallery).values_list("name", flat=True)) == ["boris"]
        assert Face.objects.filter(gallery=desk.gallery).count() == 1
    assert [i.reason for i in desk.items(job)] == ["erased", ""]


def test_photos_that_wait_for_an_erased_person_go_with_her(desk):
    desk.submit("enroll", [("anna_1.png", photo(ANNA))])
    work_off()
    job = desk.submit("enroll", [("anna_2.png", photo(ANNA))])
    with tenant_scope(desk.tenant.organization):
        anna = Subject.objects.get(gallery=desk.gallery, name="anna")
    receipt = erasure.erase_subject(subject=anna, by=desk.by)
    work_off()
    assert receipt.photos == 2
    assert [i.reason for i in desk.items(job)] == ["erased"]
    with tenant_scope(desk.tenant.organization):
        assert not Subject.objects.filter(gallery=desk.gallery).exists()


def test_a_deleted_gallery_ends_the_jobs_that_wait_for_it(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    erasure.delete_gallery(gallery=desk.gallery, by=desk.by)
    assert desk.reload(job).status == JobStatus.CANCELLED
    assert work_off() == 0


def test_a_gallery_deleted_during_a_shard_gets_no_row(desk):
    job = desk.submit("enroll", [("anna.png", photo(ANNA))])
    deletes = Meanwhile(lambda: erasure.delete_gallery(gallery=desk.gallery, by=desk.by))
    runner.run(ledger.claim("test:worker"), deletes)
    assert desk.reload(job).status == JobStatus.CANCELLED
    with tenant_scope(desk.tenant.organization):
        assert not FoundFace.objects.filter(item__job=job).exists()


def test_one_stored_photo_is_enrolled_once_whatever_it_is_called(desk):
    first = desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    again = Received([Photo(desk.items(first)[0].image, "somebody else")])
    job = desk.order("enroll", again)
    work_off()
    assert [i.reason for i in desk.items(job)] == ["duplicate"]


def test_a_file_that_nobody_erased_fails_its_item_until_it_is_back(desk):
    job = desk.submit("search", [("a.png", photo(ANNA))])
    [item] = desk.items(job)
    with default_storage.open(item.image.path, "rb") as file:
        kept = file.read()
    default_storage.delete(item.image.path)
    work_off()
    assert [(i.status, i.reason) for i in desk.items(job)] == [("failed", "file_missing")]
    default_storage.save(item.image.path, ContentFile(kept))
    jobs.retry(job=desk.reload(job), by=desk.by)
    work_off()
    assert [(i.status, i.reason) for i in desk.items(job)] == [("done", "")]
