import pytest
from django.utils import timezone

from portal.audit.models import Event
from portal.common.errors import Conflict, InvalidInput, NotFound, Refused
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, exports, results, reviews
from recognition.actions.exports import Recipient
from recognition.models import (
    Candidate,
    ExportRecord,
    Face,
    FoundFace,
    Image,
    JobStatus,
    Subject,
)
from tests.support.jobs import ANNA, BORIS, Desk, new_desk, photo, work_off
from tests.support.review import COLLEAGUE, TWO_REVIEWERS, clear_ledger, member, searched


@pytest.fixture
def desk(database) -> Desk:
    clear_ledger()
    return new_desk()


@pytest.fixture
def strict(database) -> Desk:
    """Two reviewers have to agree before anything is released."""
    clear_ledger()
    return new_desk("Strict House", conditions=TWO_REVIEWERS)


def status_of(desk: Desk, candidate: Candidate) -> str:
    with tenant_scope(desk.tenant.organization):
        return Candidate.objects.get(pk=candidate.pk).status


def test_candidates_that_need_review_are_seen_by_reviewers_only(strict):
    job, _ = searched(strict)
    assert job.status == JobStatus.AWAITING_REVIEW
    with pytest.raises(Conflict, match="not_released"):
        results.open_results(job=job, by=strict.by)
    assert results.open_results(job=job, by=member(strict)).is_cleared


def test_results_are_read_when_an_erasure_took_the_last_candidate_to_review(strict):
    job, candidate = searched(strict)
    with tenant_scope(strict.tenant.organization):
        subject = Subject.objects.get(pk=candidate.subject_id)
    erasure.erase_subject(subject=subject, by=strict.by)
    assert results.open_results(job=job, by=strict.by).is_cleared


def test_two_reviewers_who_agree_make_a_lead_and_release_the_job(strict):
    job, candidate = searched(strict)
    reviews.adjudicate(
        candidate=candidate, verdict="lead", compared=["ears"], reason="Same ear.", by=member(strict)
    )
    assert status_of(strict, candidate) == "candidate"
    reviews.adjudicate(
        candidate=candidate, verdict="lead", compared=["ears"], reason="Same scar.", by=member(strict)
    )
    assert status_of(strict, candidate) == "lead"
    assert strict.reload(job).status == JobStatus.RELEASED


def test_a_third_reviewer_decides_between_two_who_disagree(strict):
    _, candidate = searched(strict)
    for verdict in ("lead", "rejected", "rejected"):
        assert status_of(strict, candidate) == "candidate"
        reviews.adjudicate(
            candidate=candidate, verdict=verdict, compared=["ears"], reason="Looked.", by=member(strict)
        )
    assert status_of(strict, candidate) == "rejected"


def test_nobody_judges_a_candidate_twice(strict):
    _, candidate = searched(strict)
    first = member(strict)
    reviews.adjudicate(candidate=candidate, verdict="lead", compared=["ears"], reason="Same ear.", by=first)
    with pytest.raises(Conflict, match="adjudicated_already"):
        reviews.adjudicate(candidate=candidate, verdict="lead", compared=["ears"], reason="Again.", by=first)


def test_a_reviewer_without_training_judges_nothing(desk):
    _, candidate = searched(desk)
    with pytest.raises(Refused, match="training_missing"):
        reviews.adjudicate(
            candidate=candidate,
            verdict="lead",
            compared=["ears"],
            reason="x",
            by=member(desk, trained=False),
        )


@pytest.mark.parametrize(
    ("verdict", "reason", "code"), [("match", "x", "verdict_unknown"), ("lead", "  ", "reason_missing")]
)
def test_a_judgment_needs_a_known_verdict_and_a_reason(desk, verdict, reason, code):
    _, candidate = searched(desk)
    with pytest.raises(InvalidInput, match=code):
        reviews.adjudicate(
            candidate=candidate, verdict=verdict, compared=["ears"], reason=reason, by=member(desk)
        )


def test_an_analyst_judges_nothing(desk):
    _, candidate = searched(desk)
    with pytest.raises(Refused, match="permission"):
        reviews.adjudicate(candidate=candidate, verdict="lead", compared=["ears"], reason="x", by=desk.by)


@pytest.mark.parametrize(
    ("verdicts", "needed", "reached"),
    [
        ([], 1, None),
        (["lead"], 1, "lead"),
        (["lead"], 2, None),
        (["lead", "rejected"], 2, None),
        (["lead", "rejected", "lead"], 2, "lead"),
        (["lead", "rejected", "inconclusive"], 2, "inconclusive"),
    ],
)
def test_what_reviewers_agree_on(verdicts, needed, reached):
    assert reviews.agreed(verdicts, needed) == reached


def test_every_read_of_results_is_ruled_on_and_recorded(desk):
    job, _ = searched(desk)
    ruling = results.open_results(job=job, by=desk.by)
    assert (ruling.gate, ruling.subject) == ("release", job.public_id)
    assert Event.objects.filter(target=job.public_id, verb="results.viewed").count() == 1


def test_an_export_names_its_recipient_and_streams_every_item(desk):
    job, _ = searched(desk)
    export = exports.export(job=job, recipient=COLLEAGUE, format_="csv", by=desk.by)
    [row] = list(export.rows)
    assert row["name"] == "a.png"
    with tenant_scope(desk.tenant.organization):
        assert ExportRecord.objects.with_public_id(export.id).recipient == "Family liaison"
    event = Event.objects.get(verb="results.exported", target=job.public_id)
    assert event.payload["export"] == export.id
    assert "Family" not in str(event.payload)


def test_candidates_that_nobody_judged_are_left_out_of_an_export_and_counted(desk):
    job, candidate = searched(desk)
    export = exports.export(job=job, recipient=COLLEAGUE, format_="csv", by=desk.by)
    [face] = next(export.rows)["faces"]
    assert (face["candidates"], face["unreviewed"]) == ([], 1)
    reviews.adjudicate(
        candidate=candidate, verdict="lead", compared=["ears"], reason="Same ear.", by=member(desk)
    )
    export = exports.export(job=job, recipient=COLLEAGUE, format_="csv", by=desk.by)
    [face] = next(export.rows)["faces"]
    assert ([one["status"] for one in face["candidates"]], face["unreviewed"]) == (["lead"], 0)


def test_an_export_to_nobody_is_refused(desk):
    job, _ = searched(desk)
    with pytest.raises(InvalidInput, match="recipient_missing"):
        exports.export(job=job, recipient=Recipient(" "), format_="csv", by=desk.by)


def test_a_stranger_reads_no_results(desk):
    job, _ = searched(desk)
    other = new_desk("Other House")
    with pytest.raises(NotFound):
        results.open_results(job=job, by=other.by)


def test_erasing_a_subject_takes_faces_candidates_and_photos(desk):
    job, candidate = searched(desk)
    with tenant_scope(desk.tenant.organization):
        subject = Subject.objects.get(pk=candidate.subject_id)
        photo_row = Face.objects.get(subject=subject).image
    receipt = erasure.erase_subject(subject=subject, by=desk.by)
    assert (receipt.faces, receipt.subjects, receipt.photos) == (1, 1, 1)
    with tenant_scope(desk.tenant.organization):
        assert not Face.objects.filter(gallery=desk.gallery).exists()
        assert not Candidate.objects.filter(item__job=job).exists()
        assert FoundFace.objects.filter(item__job=job).exists()
        assert Image.objects.get(pk=photo_row.pk).purged_at
    assert Event.objects.get(pk=receipt.event).verb == "subject.erased"


def test_an_erased_subject_is_nobodys_candidate_any_more(desk):
    _, candidate = searched(desk)
    desk.submit("enroll", [("boris.png", photo(BORIS))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        subject = Subject.objects.get(pk=candidate.subject_id)
    erasure.erase_subject(subject=subject, by=desk.by)
    again = desk.submit("search", [("a.png", photo(ANNA))])
    work_off()
    with tenant_scope(desk.tenant.organization):
        assert not Candidate.objects.filter(item__job=again).exists()


def test_a_deleted_gallery_leaves_no_face_no_key_and_takes_no_job(desk):
    searched(desk)
    receipt = erasure.delete_gallery(gallery=desk.gallery, by=desk.by)
    assert (receipt.faces, receipt.subjects) == (1, 1)
    desk.gallery.deleted_at = timezone.now()
    with pytest.raises(Refused, match="gallery_deleted"):
        desk.submit("search", [("a.png", photo(ANNA))])
