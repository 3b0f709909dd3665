"""A gallery goes to another model while it is searched; nobody is lost without a person who says so."""

import pytest

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import pairs, reembedding
from recognition.actions import erasure, jobs, reembeds, rekeys
from recognition.engine.scale import DEFAULT_PIPELINE
from recognition.engine.types import Box
from recognition.models import Candidate, Face, Gallery, Heartbeat, Shard, Subject
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, BORIS, CLARA, new_desk, photo
from tests.support.reembedding import NEXT, Blind, NextEngine, work_next, work_old, workers

NARROW = "dlib-resnet-v1-bfloat16/blazeface/mesh5/mirror/1"


class Erases(NextEngine):
    """Somebody is erased while it looks at faces."""

    def __init__(self, erases):
        self.erases = erases

    def run(self, images, between_batches=None):
        yield from super().run(images, between_batches)
        self.erases()


class Narrow(FakeEngine):
    """The same net in bfloat16: its templates are so close that only their name keeps them apart."""

    pipeline_id = NARROW


@pytest.fixture
def desk(database):
    made = new_desk()
    with workers():
        made.submit("enroll", [("anna.png", photo(ANNA)), ("boris.png", photo(BORIS))])
        work_old()
        yield made


def start(desk, by=None, pipeline=NEXT):
    return reembeds.start(gallery=desk.gallery, pipeline=pipeline, by=by or desk.by)


def blind_to(desk, job, position=0):
    return Blind([pairs.key_of(desk.items(job)[position], 0)])


def state(desk):
    with tenant_scope(desk.tenant.organization):
        return reembeds.progress(Gallery.objects.get(pk=desk.gallery.pk))


def hits(desk, color, work):
    job = desk.submit("search", [("probe.png", photo(color))])
    work()
    with tenant_scope(desk.tenant.organization):
        names = list(Candidate.objects.filter(item__job=job).values_list("subject__name", flat=True))
    return names, [(item.status, item.reason) for item in desk.items(job)]


def test_a_gallery_goes_to_another_model_in_one_step_and_finds_the_same_people(desk):
    assert hits(desk, ANNA, work_old)[0] == ["anna"]
    job = start(desk)
    assert hits(desk, ANNA, work_old)[0] == ["anna"]
    work_next()
    assert desk.reload(job).status == "released"
    done = state(desk)
    assert (done.state, done.pipeline, done.renewed, done.not_in_this_version) == ("none", NEXT, 0, 0)
    assert hits(desk, ANNA, work_next)[0] == ["anna"]


def test_the_old_model_is_refused_by_name_after_the_switch(desk):
    start(desk)
    work_next()
    Heartbeat.objects.filter(pipeline=NEXT).delete()
    assert hits(desk, ANNA, work_old) == ([], [("failed", "model_mismatch")])


def test_a_gallery_goes_to_another_precision_and_is_not_searched_by_the_one_it_left(desk):
    Heartbeat.objects.filter(pipeline=NEXT).update(pipeline=NARROW)
    start(desk, pipeline=NARROW)
    work_next(Narrow())
    assert state(desk).pipeline == NARROW
    assert hits(desk, ANNA, lambda: work_next(Narrow()))[0] == ["anna"]
    Heartbeat.objects.filter(pipeline=NARROW).delete()
    assert hits(desk, ANNA, work_old) == ([], [("failed", "model_mismatch")])


def test_only_workers_of_the_new_model_take_the_job(desk):
    job = start(desk)
    work_old()
    assert desk.reload(job).status == "queued"
    assert Shard.objects.get(job_id=job.pk).pipeline == NEXT


def test_what_waits_is_left_to_workers_of_the_gallerys_own_model(desk):
    before = desk.submit("search", [("probe.png", photo(ANNA))])
    start(desk)
    after = desk.submit("search", [("probe.png", photo(ANNA))])
    assert routes(before, after) == [DEFAULT_PIPELINE] * 2
    work_next()
    assert routes(before, after) == [NEXT] * 2


def routes(*searches):
    shards = Shard.objects.filter(job_id__in=[job.pk for job in searches])
    return list(shards.values_list("pipeline", flat=True))


def test_where_no_old_worker_lives_a_search_meanwhile_fails_by_name(desk):
    Heartbeat.objects.filter(pipeline=DEFAULT_PIPELINE).delete()
    with tenant_scope(desk.tenant.organization):
        Gallery.objects.filter(pk=desk.gallery.pk).update(next_pipeline=NEXT)
    assert hits(desk, ANNA, work_next) == ([], [("failed", "model_mismatch")])


def test_a_lost_face_is_named_and_waits_for_a_person(desk):
    job = start(desk)
    work_next(blind_to(desk, job))
    assert [(i.status, i.reason) for i in desk.items(job)] == [("failed", "no_face"), ("done", "")]
    now = state(desk)
    assert (now.state, now.renewed, now.lacking, now.pipeline) == ("waiting", 1, 1, DEFAULT_PIPELINE)
    assert hits(desk, ANNA, work_old)[0] == ["anna"]


def test_an_accepted_loss_is_kept_and_not_searched(desk):
    job = start(desk)
    engine = blind_to(desk, job)
    work_next(engine)
    reembeds.accept(gallery=desk.gallery, by=desk.by)
    assert (state(desk).searched, state(desk).not_in_this_version) == (1, 1)
    found = {hits(desk, color, work_next)[0][0] if color != lost(desk) else "" for color in (ANNA, BORIS)}
    assert "" in found
    assert len(found) == 2
    assert hits(desk, lost(desk), work_next)[0] == []


def lost(desk):
    with tenant_scope(desk.tenant.organization):
        face = Face.objects.left_out().select_related("subject").get(gallery=desk.gallery)
        return {"anna": ANNA, "boris": BORIS}[face.subject.name]


def test_those_left_out_come_back_with_the_next_time_they_are_found(desk):
    job = start(desk)
    work_next(blind_to(desk, job))
    start(desk)  # goes on with the face that lacks a template
    work_next()
    assert (state(desk).pipeline, state(desk).not_in_this_version) == (NEXT, 0)


def test_a_cancelled_one_leaves_everything_as_it_was(desk):
    job = start(desk)
    work_next(blind_to(desk, job))
    reembeds.cancel(gallery=desk.gallery, by=desk.by)
    now = state(desk)
    assert (now.state, now.renewed, now.pipeline) == ("none", 0, DEFAULT_PIPELINE)
    with pytest.raises(Conflict, match="not being"):
        reembeds.cancel(gallery=desk.gallery, by=desk.by)


@pytest.mark.parametrize("stop", ["job", "gallery"])
def test_it_is_given_up_with_its_job(desk, stop):
    job = start(desk)
    if stop == "job":
        jobs.cancel(job=job, by=desk.by)
    else:
        reembeds.cancel(gallery=desk.gallery, by=desk.by)
    assert (state(desk).state, desk.reload(job).status) == ("none", "cancelled")


def test_nobody_is_enrolled_meanwhile_and_the_item_says_so(desk):
    start(desk)
    job = desk.submit("enroll", [("clara.png", photo(CLARA))])
    work_old()
    assert [(i.status, i.reason) for i in desk.items(job)] == [("failed", "reembedding")]


def test_a_person_erased_meanwhile_comes_back_nowhere(desk):
    job = start(desk)
    with tenant_scope(desk.tenant.organization):
        anna = Subject.objects.get(gallery=desk.gallery, name="anna")
    work_next(Erases(lambda: erasure.erase_subject(subject=anna, by=desk.by)))
    assert {(i.status, i.reason) for i in desk.items(job)} == {("done", ""), ("done", "erased")}
    assert (state(desk).faces, state(desk).pipeline) == (1, NEXT)


def test_a_re_key_and_a_re_embedding_wait_for_each_other(desk):
    start(desk)
    with pytest.raises(Conflict, match="re-embedded"):
        rekeys.start(gallery=desk.gallery, reason="routine", by=desk.by)
    reembeds.cancel(gallery=desk.gallery, by=desk.by)
    rekeys.start(gallery=desk.gallery, reason="routine", by=desk.by)
    with pytest.raises(Conflict, match="re-keyed"):
        start(desk)


def test_it_begins_once_to_a_model_that_runs_and_by_an_administrator(desk):
    with pytest.raises(InvalidInput, match="running worker"):
        start(desk, pipeline="dlib-resnet-v1/mtcnn/mesh5/mirror/1")
    analyst = Actor("user", desk.by.id, "Analyst", organization_id=desk.by.organization_id, role=Role.ANALYST)
    with pytest.raises(Refused, match="Your role"):
        start(desk, by=analyst)
    start(desk)
    with pytest.raises(Conflict, match="already"):
        start(desk)
    with pytest.raises(Conflict, match="not ended"):
        reembeds.accept(gallery=desk.gallery, by=desk.by)


def test_the_trail_names_where_the_gallery_went(desk):
    start(desk)
    work_next()
    with tenant_scope(desk.tenant.organization):
        events = Event.objects.filter(verb__startswith="gallery.reembed", target=desk.gallery.public_id)
        assert {event.verb for event in events} == {"gallery.reembed_started", "gallery.reembedded"}


@pytest.mark.parametrize(
    ("box", "share"), [(Box(0, 0, 10, 10), 1.0), (Box(5, 0, 10, 10), 1 / 3), (Box(10, 0, 10, 10), 0.0)]
)
def test_boxes_overlap_by_their_common_share(box, share):
    stored = {"left": 0, "top": 0, "width": 10, "height": 10}
    assert reembedding.overlap(stored, box) == pytest.approx(share)
