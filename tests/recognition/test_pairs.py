"""Pairs of photos: compared once, each side named and counted, nothing mistaken for a "no"."""

import pytest
from django.db import DatabaseError

from portal.common.errors import Conflict, InvalidInput, Refused
from portal.tenancy.scope import tenant_scope
from recognition import storage
from recognition.actions import images, jobs, results, retention, reviews
from recognition.actions.images import Photo, Received
from recognition.actions.orders import Order
from recognition.models import FoundFace, Item, Job, JobKind, JobStatus, Verification
from tests.compliance.conftest import determine
from tests.support.jobs import ANNA, BORIS, FACTS, NOBODY, Desk, new_desk, photo, work_off
from tests.support.records import add_photo, new_record
from tests.support.review import clear_ledger, hand_out, judge, member

TINY = (255, 255, 255)


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk("Pairs House")


def taken(desk: Desk, *colors) -> list[Photo]:
    """A photo of each person, received."""
    files = [(f"{number}.png", photo(color)) for number, color in enumerate(colors)]
    organization = desk.tenant.organization
    return images.receive(organization=organization, files=files, subject_from="filename", by=desk.by).photos


def pairs_of(desk: Desk, *pairs) -> Received:
    both = [taken(desk, *pair) for pair in pairs]
    return Received([Photo(one.image, second=other.image) for one, other in both])


def compare(desk: Desk, *pairs, **changes) -> Job:
    job = desk.order("compare", pairs_of(desk, *pairs), gallery=None, **changes)
    work_off()
    return desk.reload(job)


def rows_of(desk: Desk, job: Job, by=None) -> list[dict]:
    return list(results.rows(job, results.open_results(job=job, by=by or desk.by)))


def verification_of(desk: Desk, job: Job) -> Verification:
    with tenant_scope(desk.tenant.organization):
        return Verification.objects.get(item__job=job)


def test_a_pair_of_one_person_is_above_and_one_of_two_people_below(desk):
    job = compare(desk, (ANNA, ANNA), (ANNA, BORIS))
    alike, unlike = (row["pair"] for row in rows_of(desk, job))
    assert (alike["compared"], unlike["compared"]) == ("at_or_above", "below")
    assert alike["similarity"] > alike["threshold"] == 80 > unlike["similarity"]


def test_a_pair_says_what_its_threshold_means_and_that_it_identifies_nobody(desk):
    [row] = rows_of(desk, compare(desk, (ANNA, ANNA)))
    assert row["pair"]["fmr"] == pytest.approx(10**-2.5, rel=0.05)
    assert 0 < row["pair"]["fnmr"] < 1
    assert "not an identification" in row["pair"]["notice"]


@pytest.mark.parametrize(
    ("pair", "reasons"),
    [
        ((ANNA, NOBODY), ("", "no_face")),
        ((NOBODY, ANNA), ("no_face", "")),
        ((TINY, NOBODY), ("face_too_small", "no_face")),
    ],
)
def test_a_pair_without_a_usable_face_on_one_side_is_no_answer_and_says_which(desk, pair, reasons):
    job = compare(desk, pair)
    [row] = rows_of(desk, job)
    assert (row["reason"], row["pair"]["second"]["reason"]) == reasons
    assert (row["pair"]["compared"], row["pair"]["similarity"]) == ("not_compared", None)
    assert job.status == JobStatus.RELEASED


def test_faces_of_both_photos_are_counted_apart(desk):
    job = compare(desk, (ANNA, NOBODY))
    [item] = desk.items(job)
    assert (item.faces, item.second_faces) == (1, 0)
    [row] = rows_of(desk, job)
    assert [face["photo"] for face in row["faces"]] == [1]


def test_a_photo_that_is_not_there_fails_its_pair_alone(desk):
    received = pairs_of(desk, (ANNA, ANNA), (ANNA, ANNA))
    broken = received.photos[0].second
    storage.delete(broken.path)
    job = desk.order("compare", received, gallery=None)
    work_off()
    assert desk.reload(job).status == JobStatus.PARTIAL
    assert [item.second_reason for item in desk.items(job)] == ["file_missing", ""]


def test_both_photos_count_as_work_and_as_volume(desk):
    determine(desk.tenant, "find_missing_child", conditions={"images_in_30_days": 5})
    with pytest.raises(Refused, match="images-used-up"):
        desk.order("compare", pairs_of(desk, *[(ANNA, ANNA)] * 3), gallery=None)


def twice(desk: Desk) -> Received:
    [one] = taken(desk, ANNA)
    return Received([Photo(one.image, second=one.image)])


@pytest.mark.parametrize(
    ("kind", "make", "code"),
    [
        ("compare", lambda desk: Received(taken(desk, ANNA)), "pairs_needed"),
        ("detect", lambda desk: pairs_of(desk, (ANNA, ANNA)), "pairs_unused"),
        ("compare", twice, "pair_of_itself"),
    ],
)
def test_pairs_are_taken_where_pairs_are_compared_and_nowhere_else(desk, kind, make, code):
    with pytest.raises(InvalidInput, match=code):
        desk.order(kind, make(desk), gallery=None)


def test_a_comparison_looks_into_no_gallery(desk):
    with pytest.raises(InvalidInput, match="gallery_unused"):
        desk.order("compare", pairs_of(desk, (ANNA, ANNA)))


def test_the_database_keeps_a_pair_of_one_photo_and_a_second_photo_elsewhere_out(desk):
    job = compare(desk, (ANNA, ANNA))
    detect = desk.submit("detect", [("a.png", photo(ANNA))], gallery=None)
    [pair], [single] = desk.items(job), desk.items(detect)
    for of, second in ((job, None), (detect, pair.second_id)):
        with pytest.raises(DatabaseError, match="two photos"), tenant_scope(desk.tenant.organization):
            Item.objects.create(
                organization=of.organization, job=of, position=9, image=single.image, second_id=second
            )


def test_a_second_photo_is_never_exchanged(desk):
    [pair] = desk.items(compare(desk, (ANNA, ANNA)))
    with pytest.raises(DatabaseError, match="never exchanged"), tenant_scope(desk.tenant.organization):
        Item.objects.filter(pk=pair.pk).update(second=pair.image_id)


def test_a_photo_of_a_pair_cannot_be_deleted_while_its_job_keeps_it(desk):
    [pair] = desk.items(compare(desk, (ANNA, ANNA)))
    with tenant_scope(desk.tenant.organization):
        second = pair.second
    with pytest.raises(Conflict, match="image_in_use"):
        images.delete(image=second, by=desk.by)


def test_a_search_for_a_person_by_comparing_belongs_to_a_case(desk):
    facts = {"requested_by": "self", "subject_class": "missing_child", "recipient": None}
    with pytest.raises(Refused):
        desk.order("compare", pairs_of(desk, (ANNA, ANNA)), gallery=None, facts=facts)


def test_the_years_between_both_photos_stand_beside_the_pair(desk):
    record = new_record(desk)
    old = add_photo(desk, record, ANNA, taken="2018")
    [new] = taken(desk, ANNA)
    received = Received([Photo(old.image, second=new.image)])
    job = desk.order("compare", received, gallery=None, facts=FACTS | {"case_reference": record.reference})
    work_off()
    [row] = rows_of(desk, desk.reload(job))
    assert row["pair"]["age"]["first"]["age_years"] == [2, 3]
    assert "no date of the second photo" in row["pair"]["age"]["gap"]


# Review


@pytest.fixture
def strict(database) -> Desk:
    clear_ledger()
    return new_desk("Strict Pairs House", conditions={"review": "before_release"})


def test_pairs_above_wait_for_reviewers_where_the_ruling_asks_for_it(strict):
    job = compare(strict, (ANNA, ANNA))
    assert job.status == JobStatus.AWAITING_REVIEW
    with pytest.raises(Conflict, match="not_released"):
        results.open_results(job=job, by=strict.by)


def test_a_judged_pair_is_released_with_what_reviewers_made_of_it(strict):
    job = compare(strict, (ANNA, ANNA))
    judge(verification_of(strict, job), member(strict))
    job = strict.reload(job)
    [row] = rows_of(strict, job)
    assert (job.status, row["pair"]["review"]) == (JobStatus.RELEASED, "lead")


def test_pairs_below_need_no_review(strict):
    job = compare(strict, (ANNA, BORIS))
    assert job.status == JobStatus.RELEASED
    with pytest.raises(Conflict, match="below_threshold"):
        judge(verification_of(strict, job), member(strict))


def test_a_pair_that_nobody_judged_is_withheld_and_said_to_wait(strict):
    job = compare(strict, (ANNA, ANNA), (ANNA, BORIS))
    reviewer = member(strict)
    pairs = [row["pair"] for row in rows_of(strict, job, by=reviewer)]
    assert [pair["compared"] for pair in pairs] == ["awaits_review", "below"]
    assert pairs[0]["similarity"] is None


def test_a_reviewer_judges_a_pair_once_and_never_their_own_job(strict):
    job = compare(strict, (ANNA, ANNA))
    found = verification_of(strict, job)
    reviewer = member(strict)
    judge(found, reviewer, "inconclusive")
    with pytest.raises(Conflict, match="state_changed"):
        judge(found, reviewer)
    assert reviews.job_of(found) == job


# Leaving and going


def test_an_export_carries_pairs_that_are_leads_and_says_what_it_left_out(strict):
    job = compare(strict, (ANNA, ANNA), (BORIS, BORIS), (ANNA, BORIS))
    reviewer = member(strict)
    with tenant_scope(strict.tenant.organization):
        one, other = Verification.objects.alike().filter(item__job=job).order_by("item__position")
    judge(one, reviewer)
    judge(other, reviewer, "rejected")
    pairs = [row["pair"] for row in hand_out(strict, strict.reload(job)).rows]
    assert [pair["compared"] for pair in pairs] == ["at_or_above", "left_out", "below"]
    assert [pair["similarity"] is None for pair in pairs] == [False, True, False]


def test_a_purge_takes_both_photos_and_what_the_pair_came_to(desk):
    job = compare(desk, (ANNA, ANNA))
    with tenant_scope(desk.tenant.organization):
        Job.objects.filter(pk=job.pk).update(retention_days=0)
    assert retention.purge(job.pk, job.organization_id)
    [pair] = desk.items(job)
    with tenant_scope(desk.tenant.organization):
        assert pair.image.purged_at
        assert pair.second.purged_at
        assert not Verification.objects.filter(item=pair).exists()
        assert not FoundFace.objects.filter(item=pair).exists()


def test_a_comparison_that_was_refused_leaves_no_photo(desk):
    received = pairs_of(desk, (ANNA, ANNA))
    order = {"organization": desk.tenant.organization, "received": received, "by": desk.by}
    asked = Order(kind=JobKind.COMPARE, gallery=desk.gallery, purpose="find_missing_child", end_user_id=None)
    with pytest.raises(InvalidInput):
        jobs.submit_fresh(order=asked, **order)
    with tenant_scope(desk.tenant.organization):
        for one in received.photos[0].images:
            one.refresh_from_db()
            assert one.purged_at
