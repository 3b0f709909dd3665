"""A search for a subject: all faces of one person, nobody else of their photos, and never themselves."""

import itertools
from dataclasses import replace
from uuid import UUID

import pytest

from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.common.ids import uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import candidates, ledger, runner
from recognition.actions import (
    erasure,
    found,
    galleries,
    jobs,
    merging,
    records,
    results,
    searches,
    subjects,
)
from recognition.actions.orders import Order
from recognition.models import Candidate, Face, FoundFace, Job, JobKind, JobStatus, Shard, ShardState
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import ANNA, BORIS, FACTS, Desk, new_desk, photo, work_off
from tests.support.records import candidates_of, new_record, record_of, subject_of


class Blind(FakeEngine):
    """An engine that must not be asked: what is searched for is known already."""

    def run(self, images, between_batches=None):
        raise AssertionError("A photo was looked at.")


@pytest.fixture
def desk(database: None) -> Desk:
    """Anna's two photos and a third under another name; nobody's shard is left behind."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    desk = new_desk()
    files = [("anna 1.png", ANNA), ("anna 2.png", ANNA), ("ann.png", ANNA), ("boris.png", BORIS)]
    desk.submit("enroll", [(name, photo(color)) for name, color in files])
    work_off()
    return desk


def search(desk: Desk, name: str = "anna", by=None, **changes) -> Job:
    facts = {key: value for key, value in FACTS.items() if key != "probe_source"} | changes.pop("facts", {})
    values = {
        "kind": JobKind.SEARCH,
        "gallery": desk.gallery,
        "purpose": "find_missing_child",
        "end_user_id": desk.tenant.itself.pk,
        "subject": subject_of(desk, name),
    }
    order = Order(**values | changes, facts=facts)
    return searches.submit(organization=desk.tenant.organization, order=order, by=by or desk.by)


def done(desk: Desk, *args, **changes) -> Job:
    job = search(desk, *args, **changes)
    work_off(Blind())
    return desk.reload(job)


def pairs(desk: Desk, job: Job) -> set[tuple[str, str]]:
    """Whose face found whose."""
    with tenant_scope(desk.tenant.organization):
        rows = Candidate.objects.filter(item__job=job).select_related("item__probe__subject", "subject")
        return {(row.item.probe.subject.name, row.subject.name) for row in rows}


def second_gallery(desk: Desk, **changes):
    values = {
        "name": "Shelters", "purpose": "find_missing_child", "owner": "Team", "legal_basis": "Consent",
        "retention_days": 30, "image_source": "guardian",
    }  # fmt: skip
    return galleries.create(organization=desk.tenant.organization, by=desk.by, **values | changes)


def test_every_face_of_a_person_is_searched_for_and_no_photo_is_looked_at(desk):
    job = done(desk)
    assert (job.status, job.total, job.facts["probe_source"]) == (JobStatus.RELEASED, 2, "guardian")
    assert pairs(desk, job) == {("anna", "ann")}
    assert len(candidates_of(desk, job)) == 2


def test_the_persons_own_faces_take_nobodys_place(desk):
    job = done(desk, max_candidates=1)
    assert [one.rank for one in candidates_of(desk, job)] == [1, 1]
    assert pairs(desk, job) == {("anna", "ann")}


def test_another_gallery_is_searched_with_the_same_templates(desk):
    other = second_gallery(desk)
    desk.submit("enroll", [("dora.png", photo(ANNA))], gallery=other)
    work_off()
    job = done(desk, gallery=other)
    assert pairs(desk, job) == {("anna", "dora")}


def test_a_photo_and_its_enrolled_face_find_the_same_with_the_same_similarity(desk):
    """The stored template, turned back, says what the engine says of the photo."""
    data = photo(ANNA)
    other = second_gallery(desk)
    desk.submit("enroll", [("dora.png", data)], gallery=other)
    work_off()
    by_photo = desk.submit("search", [("probe.png", data)])
    work_off()
    by_face = done(desk, gallery=desk.gallery, subject=_in(desk, other, "dora"))
    one, two = ({c.face_id: c.similarity for c in candidates_of(desk, job)} for job in (by_photo, by_face))
    assert one == pytest.approx(two, abs=1e-3)
    assert len(one) == 3


def _in(desk: Desk, gallery, name: str):
    with tenant_scope(desk.tenant.organization):
        return Face.objects.select_related("subject").get(gallery=gallery, subject__name=name).subject


def test_the_case_of_the_person_is_the_case_of_the_search(desk):
    record = new_record(desk)
    records.link(subject=subject_of(desk, "anna"), record=record, by=desk.by)
    job = search(desk, facts={"case_reference": None})
    assert (job.record_id, job.facts["case_reference"]) == (record.pk, record.reference)
    with pytest.raises(InvalidInput, match="case_differs"):
        search(desk, facts={"case_reference": "ANOTHER"})


def test_a_search_for_a_person_of_no_case_needs_one(desk):
    with pytest.raises(Refused, match="case_record_missing"):
        search(desk, facts={"case_reference": None})


def test_nobody_is_searched_for_under_another_purpose_or_source(desk):
    other = second_gallery(desk, purpose="find_missing_adult")
    with pytest.raises(Refused, match="gallery_purpose"):
        search(desk, gallery=other, purpose="find_missing_adult")
    with pytest.raises(InvalidInput, match="image_source_differs"):
        search(desk, facts={"probe_source": "open_web"})


def test_somebody_without_a_face_is_not_searched_for(desk):
    nobody = subjects.create(gallery=desk.gallery, name="nobody", by=desk.by)
    with pytest.raises(InvalidInput, match="no_faces"):
        search(desk, subject=nobody)


def test_an_analyst_needs_both_galleries(desk):
    analyst = Actor("user", "usr_a", "A", organization_id=desk.tenant.organization.pk, role=Role.ANALYST)
    with pytest.raises(NotFound):
        search(desk, by=replace(analyst, user_id=uuid7()))
    with pytest.raises(Refused, match="permission"):
        search(desk, by=replace(analyst, role=Role.REVIEWER))


def test_who_was_merged_meanwhile_is_no_candidate_and_is_searched_for(desk):
    job = search(desk)
    both = {"survivor": subject_of(desk, "ann"), "merged": subject_of(desk, "anna")}
    merging.merge(**both, reason="One person.", by=desk.by)
    work_off(Blind())
    assert pairs(desk, job) == set()
    assert [item.reason for item in desk.items(job)] == ["", ""]
    with pytest.raises(Conflict, match="subject_merged"):
        search(desk)


def test_a_merge_between_search_and_writing_leaves_no_candidate_of_themselves(desk, monkeypatch):
    job, real = search(desk), runner._commit

    def commit(*args):
        both = {"survivor": subject_of(desk, "anna"), "merged": subject_of(desk, "ann")}
        merging.merge(**both, reason="One person.", by=desk.by)
        real(*args)

    monkeypatch.setattr(runner, "_commit", commit)
    work_off(Blind())
    assert desk.reload(job).status == JobStatus.RELEASED
    assert candidates_of(desk, job) == []


def test_a_face_that_was_moved_before_its_turn_is_searched_for_nobody(desk):
    job = search(desk)
    with tenant_scope(desk.tenant.organization):
        face = Face.objects.filter(subject__name="anna").order_by("pk").first()
    subjects.move_face(face=face, to=subject_of(desk, "boris"), reason="Mixed up.", by=desk.by)
    work_off(Blind())
    assert [item.reason for item in desk.items(job)] == ["other_person", ""]
    assert desk.reload(job).status == JobStatus.RELEASED


def test_an_erased_person_is_searched_for_no_more_and_nothing_found_stays(desk):
    over, waiting = done(desk), search(desk)
    erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    assert work_off(Blind()) == 0
    assert [desk.reload(job).status for job in (over, waiting)] == [JobStatus.PURGED, JobStatus.CANCELLED]
    with tenant_scope(desk.tenant.organization):
        assert not FoundFace.objects.filter(item__job__in=[over, waiting]).exists()
    assert (desk.reload(over).subject_id, desk.reload(over).of_subject) == (None, True)


def test_a_person_erased_while_they_are_searched_for_ends_the_search_without_an_answer(desk):
    job = search(desk)
    claim = ledger.claim("test:worker")
    erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    runner.run(claim, Blind())
    ended = desk.reload(job)
    assert (ended.status, ended.subject_erased, ended.done) == (JobStatus.CANCELLED, True, 0)
    assert candidates_of(desk, job) == []


@pytest.mark.parametrize("ready", [True, False], ids=["done", "waiting"])
def test_who_reads_a_search_for_somebody_who_was_erased_is_told_so(desk, ready):
    job = done(desk) if ready else search(desk)
    erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    with pytest.raises(Conflict, match="subject_erased"):
        results.open_results(job=desk.reload(job), by=desk.by)


def test_a_deleted_gallery_takes_the_searches_for_its_people_elsewhere_with_it(desk):
    other = second_gallery(desk)
    desk.submit("enroll", [("dora.png", photo(ANNA))], gallery=other)
    work_off()
    job = done(desk, gallery=other)
    erasure.delete_gallery(gallery=desk.gallery, by=desk.by)
    assert desk.reload(job).status == JobStatus.PURGED
    assert candidates_of(desk, job) == []


def test_found_ends_a_search_for_the_subject(desk):
    record = new_record(desk)
    records.link(subject=subject_of(desk, "anna"), record=record, by=desk.by)
    job = done(desk, facts={"case_reference": None})
    receipt = found.found(record=record_of(desk, record.reference), by=desk.by)
    assert (receipt.subjects, receipt.jobs, receipt.candidates) == (1, 1, 2)
    assert desk.reload(job).status == JobStatus.PURGED


def test_without_the_person_a_photo_is_never_searched_in_their_stead(desk):
    job = search(desk)
    with tenant_scope(desk.tenant.organization):
        Face.objects.filter(subject__name="anna").delete()
    work_off(Blind())
    assert [item.reason for item in desk.items(job)] == ["erased", "erased"]
    assert candidates_of(desk, job) == []


def test_a_search_for_a_subject_is_held_like_any_other(desk):
    job = search(desk)
    claim = ledger.claim("test:worker")
    jobs.cancel(job=job, by=desk.by)
    runner.run(claim, Blind())
    assert desk.reload(job).status == JobStatus.CANCELLED
    assert candidates_of(desk, job) == []


def test_the_ids_of_a_faces_candidates_do_not_tell_their_rank(desk, monkeypatch):
    start, clock = uuid7().int, itertools.count(1)
    monkeypatch.setattr(candidates, "uuid7", lambda: UUID(int=start + next(clock)))  # a millisecond each
    desk.submit("enroll", [(f"anna {number}.png", photo(ANNA)) for number in range(12)])
    work_off()
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    ids = [one.pk for one in sorted(candidates_of(desk, job), key=lambda one: one.rank)]
    assert len(ids) == 10
    assert ids != sorted(ids)
