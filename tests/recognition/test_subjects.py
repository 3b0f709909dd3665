"""Subjects: two who are one person become one, come apart again, and nobody's face is lost on the way."""

import random
from dataclasses import replace

import pytest
from django.db.models import F

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.common.ids import uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition import ledger, runner
from recognition.actions import erasure, found, galleries, merging, records, subjects
from recognition.models import Candidate, Face, FaceMove, Shard, ShardState, Subject, SubjectMerge
from tests.compliance.conftest import new_tenant
from tests.support.jobs import ANNA, BORIS, CLARA, Desk, Meanwhile, new_desk, photo, work_off
from tests.support.records import new_record, record_of, subject_of
from tests.support.threads import together

REASON = "The scar over the left eye is the same."


@pytest.fixture
def desk(database: None) -> Desk:
    """Leave no ready shard behind: tests of one process share a database."""
    Shard.objects.filter(state__in=["ready", "leased", "held"]).update(state=ShardState.CANCELLED)
    desk = new_desk()
    desk.submit("enroll", [("anna.png", photo(ANNA)), ("ann.png", photo(ANNA)), ("boris.png", photo(BORIS))])
    work_off()
    return desk


def merged(desk: Desk, survivor: str = "anna", other: str = "ann") -> SubjectMerge:
    both = {"survivor": subject_of(desk, survivor), "merged": subject_of(desk, other)}
    return merging.merge(**both, reason=REASON, by=desk.by)


def faces(desk: Desk) -> dict[str, int]:
    """How many faces each subject has who stands for themselves."""
    with tenant_scope(desk.tenant.organization):
        rows = Subject.objects.standing().filter(gallery=desk.gallery)
        return {row.name: Face.objects.filter(subject=row).count() for row in rows}


def face_of(desk: Desk, name: str) -> Face:
    with tenant_scope(desk.tenant.organization):
        return Face.objects.filter(subject__name=name, gallery=desk.gallery).order_by("-pk").first()


def whom(desk: Desk, job) -> list[str]:
    with tenant_scope(desk.tenant.organization):
        rows = Candidate.objects.filter(item__job=job).select_related("subject")
        return sorted(row.subject.name for row in rows)


def enroll(desk: Desk, *names: str, color=ANNA) -> None:
    desk.submit("enroll", [(f"{name}.png", photo(color)) for name in names])
    work_off()


def test_two_subjects_who_are_one_person_become_one(desk):
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    made = merged(desk)
    assert faces(desk) == {"anna": 2, "boris": 1}
    assert whom(desk, job) == ["anna", "anna"]
    event = Event.objects.get(verb="subject.merged", target=made.survivor.public_id)
    assert event.payload == {"merge": made.public_id, "merged": made.merged.public_id, "faces": 1}


def test_the_history_says_which_face_came_from_where(desk):
    face, made = face_of(desk, "ann"), merged(desk)
    with tenant_scope(desk.tenant.organization):
        move = FaceMove.objects.get(face=face)
    assert (move.came_from_id, move.went_to_id) == (made.merged_id, made.survivor_id)
    assert (move.merge_id, move.reason, move.moved_by) == (made.pk, REASON, desk.by.id)


def test_what_was_merged_comes_apart_again_and_what_came_since_stays(desk):
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    made = merged(desk)
    enroll(desk, "anna 2", "ann 2")
    assert faces(desk) == {"anna": 4, "boris": 1}
    apart = merging.unmerge(merge=made, reason="Twins.", by=desk.by)
    assert faces(desk) == {"anna": 3, "ann": 1, "boris": 1}
    assert (apart.subject.name, apart.faces, apart.elsewhere) == ("ann", 1, 0)
    assert whom(desk, job) == ["ann", "anna"]


def test_a_face_enrolled_since_goes_along_where_it_is_chosen(desk):
    made = merged(desk)
    enroll(desk, "ann 2")
    merging.unmerge(merge=made, reason="Twins.", by=desk.by, faces=[face_of(desk, "anna").pk])
    assert faces(desk) == {"anna": 1, "ann": 2, "boris": 1}


def test_nobody_elses_face_goes_along(desk):
    made = merged(desk)
    with pytest.raises(InvalidInput, match="face_not_theirs"):
        merging.unmerge(merge=made, reason="Twins.", by=desk.by, faces=[face_of(desk, "boris").pk])
    assert faces(desk) == {"anna": 2, "boris": 1}


def test_a_merge_is_undone_once(desk):
    made = merged(desk)
    merging.unmerge(merge=made, reason="Twins.", by=desk.by)
    with pytest.raises(Conflict, match="undone_already"):
        merging.unmerge(merge=made, reason="Twins.", by=desk.by)


def test_of_two_merges_into_one_either_comes_apart_first(desk):
    first, second = merged(desk), merged(desk, "anna", "boris")
    merging.unmerge(merge=first, reason="Twins.", by=desk.by)
    assert faces(desk) == {"anna": 2, "ann": 1}
    merging.unmerge(merge=second, reason="Somebody else.", by=desk.by)
    assert faces(desk) == {"anna": 1, "ann": 1, "boris": 1}


def test_a_merge_under_another_is_undone_after_it(desk):
    first, second = merged(desk), merged(desk, "boris", "anna")
    with pytest.raises(Conflict, match=r"merged_since.*Undo the later merge first"):
        merging.unmerge(merge=first, reason="Twins.", by=desk.by)
    merging.unmerge(merge=second, reason="Somebody else.", by=desk.by)
    assert faces(desk) == {"anna": 2, "boris": 1}
    merging.unmerge(merge=first, reason="Twins.", by=desk.by)
    assert faces(desk) == {"anna": 1, "ann": 1, "boris": 1}


def test_a_name_that_was_merged_away_twice_means_the_last_survivor(desk):
    merged(desk)
    merged(desk, "boris", "anna")
    enroll(desk, "ann 2")
    assert faces(desk) == {"boris": 4}


def test_people_of_two_galleries_are_never_merged(desk):
    other = galleries.create(
        organization=desk.tenant.organization, name="Others", purpose="find_missing_child", owner="Team",
        legal_basis="Consent", retention_days=30, image_source="guardian", by=desk.by,
    )  # fmt: skip
    stranger = subjects.create(gallery=other, name="anna", by=desk.by)
    with pytest.raises(Conflict, match="other_gallery"):
        merging.merge(survivor=subject_of(desk, "ann"), merged=stranger, reason=REASON, by=desk.by)
    with pytest.raises(Conflict, match="other_gallery"):
        subjects.move_face(face=face_of(desk, "ann"), to=stranger, reason=REASON, by=desk.by)


def test_a_merge_has_a_reason_and_two_sides(desk):
    anna = subject_of(desk, "anna")
    with pytest.raises(InvalidInput, match="same_subject"):
        merging.merge(survivor=anna, merged=anna, reason=REASON, by=desk.by)
    with pytest.raises(InvalidInput, match="reason_missing"):
        merging.merge(survivor=anna, merged=subject_of(desk, "ann"), reason=" ", by=desk.by)


def test_a_face_that_is_enrolled_meanwhile_goes_to_the_survivor(desk):
    desk.submit("enroll", [("ann 2.png", photo(ANNA))])
    runner.run(ledger.claim("test:worker"), Meanwhile(lambda: merged(desk)))
    assert faces(desk) == {"anna": 3, "boris": 1}


def test_the_same_file_under_the_old_name_is_a_duplicate(desk):
    data = photo(ANNA)
    desk.submit("enroll", [("ann 2.png", data)])
    work_off()
    merged(desk)
    job = desk.submit("enroll", [("anna 2.png", data)])
    work_off()
    assert [item.reason for item in desk.items(job)] == ["duplicate"]


def test_a_search_that_runs_meanwhile_names_the_survivor(desk):
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off(Meanwhile(lambda: merged(desk)))
    assert whom(desk, job) == ["anna", "anna"]


def test_a_search_between_matrix_and_writing_names_the_survivor(desk, monkeypatch):
    job, real = desk.submit("search", [("probe.png", photo(ANNA))]), runner._commit

    def commit(*args):
        merged(desk)
        real(*args)

    monkeypatch.setattr(runner, "_commit", commit)
    work_off()
    assert whom(desk, job) == ["anna", "anna"]


def test_of_two_merges_at_once_one_stands(desk):
    anna, ann = subject_of(desk, "anna"), subject_of(desk, "ann")
    came = together(
        lambda: merging.merge(survivor=anna, merged=ann, reason=REASON, by=desk.by),
        lambda: merging.merge(survivor=ann, merged=anna, reason=REASON, by=desk.by),
    )
    assert came.count("subject_merged") == 1
    assert sorted(faces(desk).values()) == [1, 2]


def test_people_of_two_cases_are_not_merged(desk):
    for name in ("anna", "ann"):
        records.link(subject=subject_of(desk, name), record=new_record(desk), by=desk.by)
    with pytest.raises(Conflict, match="two_cases"):
        merged(desk)
    assert faces(desk) == {"anna": 1, "ann": 1, "boris": 1}


def test_the_case_of_one_becomes_the_survivors_and_goes_back(desk):
    record = new_record(desk)
    records.link(subject=subject_of(desk, "ann"), record=record, by=desk.by)
    made = merged(desk)
    assert subject_of(desk, "anna").record == record
    merging.unmerge(merge=made, reason="Twins.", by=desk.by)
    assert (subject_of(desk, "anna").record, subject_of(desk, "ann").record) == (None, record)


def test_of_two_merges_that_brought_a_case_the_other_keeps_it_with_the_survivor(desk):
    record = new_record(desk)
    for name in ("ann", "boris"):
        records.link(subject=subject_of(desk, name), record=record, by=desk.by)
    first, second = merged(desk), merged(desk, "anna", "boris")
    merging.unmerge(merge=first, reason="Twins.", by=desk.by)
    assert subject_of(desk, "anna").record == record
    merging.unmerge(merge=second, reason="Somebody else.", by=desk.by)
    assert [subject_of(desk, name).record for name in ("anna", "ann", "boris")] == [None, record, record]


def test_a_case_that_was_unlinked_since_does_not_come_back(desk):
    records.link(subject=subject_of(desk, "ann"), record=new_record(desk), by=desk.by)
    made = merged(desk)
    records.unlink(subject=subject_of(desk, "anna"), by=desk.by)
    merging.unmerge(merge=made, reason="Twins.", by=desk.by)
    assert (subject_of(desk, "anna").record, subject_of(desk, "ann").record) == (None, None)


def test_who_was_merged_away_is_linked_to_no_case(desk):
    merged(desk)
    with pytest.raises(Conflict, match="subject_merged"):
        records.link(subject=subject_of(desk, "ann"), record=new_record(desk), by=desk.by)


def test_found_reaches_everybody_who_was_merged(desk):
    record = new_record(desk)
    records.link(subject=subject_of(desk, "ann"), record=record, by=desk.by)
    merged(desk)
    receipt = found.found(record=record_of(desk, record.reference), by=desk.by)
    assert (receipt.subjects, receipt.faces) == (1, 2)
    with tenant_scope(desk.tenant.organization):
        assert list(Subject.objects.values_list("name", flat=True)) == ["boris"]
        assert not SubjectMerge.objects.exists()
        assert not FaceMove.objects.exists()


def test_an_erasure_takes_every_name_and_the_photos_that_wait_under_it(desk):
    merged(desk)
    job = desk.submit("enroll", [("ann 2.png", photo(ANNA))])
    receipt = erasure.erase_subject(subject=subject_of(desk, "anna"), by=desk.by)
    work_off()
    assert (receipt.faces, receipt.photos) == (2, 3)
    assert [item.reason for item in desk.items(job)] == ["erased"]
    assert faces(desk) == {"boris": 1}


def test_who_was_merged_away_is_erased_with_the_survivor_only(desk):
    merged(desk)
    with pytest.raises(Conflict, match=r"subject_merged.*Erase anna"):
        erasure.erase_subject(subject=subject_of(desk, "ann"), by=desk.by)
    assert faces(desk) == {"anna": 2, "boris": 1}


def test_a_deleted_gallery_leaves_nothing_of_a_merge(desk):
    merged(desk)
    assert erasure.delete_gallery(gallery=desk.gallery, by=desk.by).subjects == 2
    with tenant_scope(desk.tenant.organization):
        assert not Subject.objects.exists()
        assert not SubjectMerge.objects.exists()


def test_a_face_moves_to_another_subject_with_its_candidates(desk):
    job = desk.submit("search", [("probe.png", photo(ANNA))])
    work_off()
    subjects.move_face(
        face=face_of(desk, "ann"), to=subject_of(desk, "boris"), reason="Mixed up.", by=desk.by
    )
    assert faces(desk) == {"anna": 1, "ann": 0, "boris": 2}
    assert whom(desk, job) == ["anna", "boris"]


def test_a_face_moves_to_somebody_new(desk):
    face = face_of(desk, "ann")
    new = subjects.move_face(face=face, to="clara", reason="Mixed up.", by=desk.by)
    assert faces(desk) == {"anna": 1, "ann": 0, "boris": 1, "clara": 1}
    event = Event.objects.get(verb="face.moved", target=face.public_id)
    assert event.payload["went_to"] == new.public_id


def test_a_face_that_was_moved_since_stays_where_it_is(desk):
    face, made = face_of(desk, "ann"), merged(desk)
    with tenant_scope(desk.tenant.organization):
        face = Face.objects.get(pk=face.pk)
    subjects.move_face(face=face, to=subject_of(desk, "boris"), reason="Mixed up.", by=desk.by)
    apart = merging.unmerge(merge=made, reason="Twins.", by=desk.by)
    assert (apart.faces, apart.elsewhere) == (0, 1)
    assert faces(desk) == {"anna": 1, "ann": 0, "boris": 2}


def test_a_face_somebody_moved_meanwhile_is_not_moved_unseen(desk):
    face = face_of(desk, "ann")
    merged(desk)
    with pytest.raises(Conflict, match="state_changed"):
        subjects.move_face(face=face, to="clara", reason="Mixed up.", by=desk.by)


def test_photos_that_wait_follow_a_subject_that_is_renamed(desk):
    desk.submit("enroll", [("ann 2.png", photo(ANNA))])
    subjects.rename(subject=subject_of(desk, "ann"), name="anne", by=desk.by)
    work_off()
    assert faces(desk) == {"anna": 1, "anne": 2, "boris": 1}


def test_a_name_is_taken_also_by_who_was_merged_away(desk):
    merged(desk)
    with pytest.raises(Conflict, match=r"name_taken.*merged into anna"):
        subjects.create(gallery=desk.gallery, name="ann", by=desk.by)
    with pytest.raises(Conflict, match="name_taken"):
        subjects.rename(subject=subject_of(desk, "boris"), name="anna", by=desk.by)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.PRIVACY_CONTACT])
def test_whoever_only_reads_merges_nobody(desk, role):
    reader = Actor("user", "usr_r", "R", organization_id=desk.tenant.organization.pk, role=role)
    both = {"survivor": subject_of(desk, "anna"), "merged": subject_of(desk, "ann")}
    with pytest.raises(Refused, match="permission"):
        merging.merge(**both, reason=REASON, by=reader)
    assert faces(desk) == {"anna": 1, "ann": 1, "boris": 1}


def test_to_strangers_and_to_whom_the_gallery_was_not_granted_nobody_is_there(desk):
    both = {"survivor": subject_of(desk, "anna"), "merged": subject_of(desk, "ann")}
    analyst = Actor("user", "usr_a", "A", organization_id=desk.tenant.organization.pk, role=Role.ANALYST)
    for nobody in (new_tenant("Quayside Aid").actor, replace(analyst, user_id=uuid7())):
        with pytest.raises(NotFound):
            merging.merge(**both, reason=REASON, by=nobody)
    assert not Event.objects.filter(verb="subject.merged", target=both["survivor"].public_id).exists()


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_merged_undone_and_moved_every_face_keeps_one_owner(desk, seed):
    """The promise that holds after every step, played at random: who stands, owns; candidates follow."""
    desk.submit("search", [("probe.png", photo(ANNA))])
    enroll(desk, "dora", "eve", color=CLARA)
    drawn, taken = random.Random(seed), 0  # noqa: S311 - play, not secrets
    for _ in range(30):
        taken += _step(desk, drawn)
        _check(desk)
    assert taken > 10
    while rows := _merges(desk):
        merging.unmerge(merge=rows[-1], reason="All apart.", by=desk.by)
        _check(desk)
    assert set(faces(desk)) == {"anna", "ann", "boris", "dora", "eve"}


def _step(desk: Desk, drawn: random.Random) -> bool:
    """Take one step that may or may not be possible; tell whether it was."""
    with tenant_scope(desk.tenant.organization):
        people = list(Subject.objects.filter(gallery=desk.gallery).order_by("name"))
        face = drawn.choice(list(Face.objects.filter(gallery=desk.gallery).order_by("pk")))
    one, other = drawn.sample(people, 2)
    by: dict = {"reason": "Played.", "by": desk.by}
    made = _merges(desk)
    steps = [
        lambda: merging.merge(survivor=one, merged=other, **by),
        lambda: merging.unmerge(merge=drawn.choice(made), **by) if made else None,
        lambda: subjects.move_face(face=face, to=other, **by),
    ]
    try:
        return drawn.choice(steps)() is not None
    except (Conflict, InvalidInput):
        return False


def _merges(desk: Desk) -> list[SubjectMerge]:
    with tenant_scope(desk.tenant.organization):
        return list(SubjectMerge.objects.in_force().order_by("pk"))


def _check(desk: Desk) -> None:
    with tenant_scope(desk.tenant.organization):
        gone = Subject.objects.exclude(merged_into=None)
        assert not Face.objects.filter(subject__in=gone).exists()
        assert not gone.filter(merged_into__in=gone).exists()
        assert not Candidate.objects.exclude(subject=F("face__subject")).exists()
        assert SubjectMerge.objects.in_force().count() == gone.count()
        assert Face.objects.filter(gallery=desk.gallery).count() == 5
