"""Limits of a grant bind where the work is done: at submit, at each shard, while writing, and on export."""

import pytest

from compliance.models import EndUser
from portal.common.errors import Refused
from portal.common.ids import uuid7
from portal.tenancy.models import Organization
from portal.tenancy.scope import tenant_scope
from recognition.actions import exports, results
from recognition.actions.exports import Recipient
from recognition.models import ExportRecord, Face, FoundFace, Item, Job, JobStatus, Shard, ShardState
from tests.compliance.conftest import determine
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, BORIS, Meanwhile, new_desk, photo, work_off


@pytest.fixture(autouse=True)
def quiet(database: None) -> None:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)


def desk_with(**conditions):
    return new_desk(conditions=conditions)


def photos(number):
    return [(f"{index}.png", photo(ANNA)) for index in range(number)]


def determined_again(desk, **conditions):
    """Put another determination in force, as the office does, and let whatever runs ask again."""
    determine(desk.tenant, "find_missing_child", conditions=conditions)
    tenant = Organization.objects.get(pk=desk.tenant.organization.pk)
    Organization.objects.filter(pk=tenant.pk).update(epoch=tenant.epoch + 1)


def count(desk, model, **fields):
    with tenant_scope(desk.tenant.organization):
        return model.objects.filter(**fields).count()


def test_images_beyond_the_volume_are_refused_at_submit():
    desk = desk_with(images_in_30_days=3)
    desk.submit("search", photos(2))
    with pytest.raises(Refused) as refused:
        desk.submit("search", photos(2))
    assert refused.value.code == "images-used-up"
    assert count(desk, Job, status="refused", refused_by="images-used-up") == 1
    assert desk.submit("search", photos(1)).status == JobStatus.QUEUED


def test_a_refused_job_uses_up_no_volume():
    desk = desk_with(images_in_30_days=2)
    with pytest.raises(Refused):
        desk.submit("search", photos(3))
    assert desk.submit("search", photos(2)).status == JobStatus.QUEUED


def test_a_volume_that_shrinks_holds_a_queued_job_at_its_shard():
    desk = desk_with(images_in_30_days=10)
    job = desk.submit("search", photos(3))
    determined_again(desk, images_in_30_days=2)
    work_off()
    job = desk.reload(job)
    assert (job.state, job.refused_by) == ("held:policy", "images-used-up")
    assert count(desk, FoundFace, item__job=job) == 0


def test_a_volume_that_shrinks_while_a_shard_runs_leaves_no_result():
    desk = desk_with(images_in_30_days=10)
    job = desk.submit("search", photos(3))
    work_off(Meanwhile(lambda: determined_again(desk, images_in_30_days=2)))
    assert desk.reload(job).state == "held:policy"
    assert count(desk, FoundFace, item__job=job) == 0


def test_of_two_jobs_that_together_exceed_the_volume_the_earlier_goes_on():
    desk = desk_with(images_in_30_days=10)
    first, second = desk.submit("search", photos(2)), desk.submit("search", photos(2))
    determined_again(desk, images_in_30_days=3)
    work_off()
    assert desk.reload(second).refused_by == "images-used-up"
    assert desk.reload(first).refused_by == ""


def test_an_enrollment_beyond_the_faces_of_a_gallery_is_refused():
    desk = desk_with(gallery_faces=1)
    with pytest.raises(Refused) as refused:
        desk.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    assert refused.value.code == "gallery-full"
    assert count(desk, Item) == 2
    assert count(desk, Face) == 0


def another_face(desk):
    with tenant_scope(desk.tenant.organization):
        face = Face.objects.first()
        Face.objects.bulk_create([Face(**{**columns(face), "id": uuid7(), "index": face.index + 1})])


def columns(face):
    return {field.attname: getattr(face, field.attname) for field in Face._meta.concrete_fields}


def test_no_shard_writes_more_faces_than_a_gallery_may_hold():
    """The gate counted before another worker wrote: the limit is kept where faces are written."""
    desk = desk_with(gallery_faces=2)
    desk.submit("enroll", [("anna.png", photo(ANNA))])
    work_off()
    job = desk.submit("enroll", [("boris.png", photo(BORIS))])
    work_off(Meanwhile(lambda: another_face(desk)))
    assert count(desk, Face) == 2
    assert [(item.status, item.reason) for item in desk.items(job)] == [("failed", "gallery_full")]


def test_a_gallery_that_keeps_faces_longer_than_granted_takes_none():
    desk = desk_with(retention_days=30)  # its gallery keeps them a year
    with pytest.raises(Refused) as refused:
        desk.submit("enroll", [("anna.png", photo(ANNA))])
    assert refused.value.code == "kept-too-long"


def test_results_are_exported_to_named_recipients_only():
    desk = new_desk()
    named = frozenset({desk.tenant.itself.party_id})
    determined_again(desk, recipients=sorted(named))
    job = desk.submit("search", photos(1))
    work_off(FakeEngine())
    other = EndUser.objects.create(name=f"A friend {uuid7()}", organization_type="child_protection_ngo")
    friend = Recipient("A friend", party="registered", end_user=other.pk)
    with pytest.raises(Refused) as refused:
        exports.export(job=desk.reload(job), recipient=friend, format_="csv", by=desk.by)
    assert refused.value.code == "recipient-not-named"
    assert count(desk, ExportRecord) == 0
    own = Recipient("A colleague")
    assert exports.export(job=desk.reload(job), recipient=own, format_="csv", by=desk.by).id


def test_a_volume_that_shrank_closes_no_result():
    desk = desk_with(images_in_30_days=10)
    job = desk.submit("search", photos(3))
    work_off(FakeEngine())
    determined_again(desk, images_in_30_days=1)
    assert results.open_results(job=desk.reload(job), by=desk.by).is_cleared
    with pytest.raises(Refused, match="images-used-up"):
        desk.submit("search", photos(1))
