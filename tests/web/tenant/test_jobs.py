"""Jobs by HTTP: ordered, watched, ended, approved."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.tenancy.roles import Role
from portal.tenancy.scope import tenant_scope
from recognition.models import Image, Item, Job, JobStatus, Subject
from tests.support.jobs import ANNA, BORIS, CLARA, photo, work_off
from tests.web.tenant.conftest import new_site, order, upload


def submit(site, client=None, **changes):
    """Send the form of a search; return the job's address."""
    answer = (client or site.alice).post(f"{site.paths()['gallery']}search/", order(site.desk, **changes))
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def archive(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return SimpleUploadedFile("photos.zip", buffer.getvalue(), "application/zip")


def job_at(site, path):
    with tenant_scope(site.organization):
        return Job.objects.all().with_public_id(path.split("/")[2])


def waiting_job(site):
    """A job that waits for an approval."""
    job = job_at(site, submit(site))
    with tenant_scope(site.organization):
        Job.objects.filter(pk=job.pk).update(status=JobStatus.AWAITING_APPROVAL)
    return job


def test_starting_leads_to_the_order_of_the_gallery(site, database):
    answer = site.alice.get("/jobs/new/", {"kind": "search", "gallery": site.desk.gallery.public_id})
    assert answer["Location"] == site.paths()["order"]


def test_a_search_is_submitted_with_its_facts(site, database):
    job = job_at(site, submit(site))
    assert (job.status, job.total, job.purpose) == ("queued", 1, "find_missing_child")
    assert job.facts == {
        "requested_by": "self",
        "subject_class": "missing_child",
        "probe_source": "case_file",
        "case_reference": "CASE-7",
        "recipient": None,
    }


def test_photos_and_archives_are_one_job_and_what_was_not_taken_is_named(site, database):
    zipped = archive(**{"a.png": photo(BORIS), "b/c.png": photo(CLARA), "notes.txt": b"hello"})
    path = submit(site, images=[*upload(ANNA), zipped])
    job, page = job_at(site, path), site.alice.get(path).content.decode()
    assert job.total == 3
    assert "notes.txt" in page
    assert "This is not a JPEG, PNG or WebP photo." in page


def test_folders_of_an_archive_name_the_subjects(site, read):
    zipped = archive(**{"lea/front.png": photo((90, 200, 200)), "max/front.png": photo((200, 90, 200))})
    sent = order(site.desk, images=[zipped], subject_from="folder")
    assert site.alice.post(f"{site.paths()['gallery']}enroll/", sent).status_code == 302
    work_off()
    assert read(lambda: Subject.objects.filter(name__in=["lea", "max"]).count()) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": []}, "Choose at least one photo"),
        ({"requested_by": ""}, "On whose request"),
        ({"threshold": "140"}, "less than or equal to 100"),
        ({"max_candidates": "0"}, "greater than or equal to 1"),
        ({"images": [SimpleUploadedFile("n.txt", b"hello")]}, "These files were not taken"),
        ({"images": [SimpleUploadedFile("n.zip", b"PK\x03\x04broken")]}, "not a zip archive"),
    ],
)
def test_what_is_wrong_in_an_order_is_said_on_the_form(site, database, read, changes, words):
    before = read(Job.objects.count)
    answer = site.alice.post(site.paths()["order"], order(site.desk, **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert read(Job.objects.count) == before


def test_a_photo_outside_an_archive_has_no_folder(site, database, read):
    before = read(Image.objects.count)
    sent = order(site.desk, subject_from="folder")
    answer = site.alice.post(f"{site.paths()['gallery']}enroll/", sent)
    assert "is a photo on its own" in answer.content.decode()
    assert read(Image.objects.count) == before


def test_an_end_user_who_was_not_granted_cannot_be_chosen(site, bob, database):
    answer = site.alice.post(
        site.paths()["order"], order(site.desk, end_user="01a20524-5ea2-7932-9517-cc62dfc04258")
    )
    assert answer.status_code == 422


def test_progress_polls_until_the_job_ends_and_then_stops(site, database):
    path = submit(site)
    running = site.alice.get(f"{path}progress/")
    assert (running.status_code, "every 2s" in running.content.decode()) == (200, True)
    work_off()
    ended = site.alice.get(f"{path}progress/")
    assert (ended.status_code, ended["HX-Refresh"]) == (286, "true")
    assert "every 2s" not in ended.content.decode()


def test_a_job_page_tells_state_counts_and_threshold(site, database):
    page = site.alice.get(site.paths()["job"]).content.decode()
    for words in ("Released", "1 of 1 photos done", "as you asked", "Not measured on children", "CASE-1"):
        assert words in page


@pytest.mark.parametrize("name", ["expect", "job", "candidates"])
def test_beside_every_threshold_stand_the_errors_to_expect_and_their_limits(site, database, name):
    page = site.alice.get(site.paths()[name], {"threshold": "80"}).content.decode()
    for words in ("False candidates to expect", "True persons missed", "With 95 % certainty", "Provisional:"):
        assert words in page
    assert "lfw-x4.8-blazeface-mirror/1" in page


def test_a_job_page_asks_no_more_queries_for_more_photos(site, database):
    one, many = submit(site), submit(site, images=upload(*[(9 * n, 80, 80) for n in range(1, 20)]))
    counts = []
    for path in (one, many):
        with CaptureQueriesContext(connection) as captured:
            assert site.alice.get(path).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_photos_of_a_job_come_in_pages(site, database):
    path = submit(site, images=upload(*[(9 * n, 80, 80) for n in range(28)]))
    assert "person 27.png" not in site.alice.get(path).content.decode()
    assert "person 27.png" in site.alice.get(f"{path}?page=2").content.decode()


def test_cancelling_ends_the_job(site, database):
    path = submit(site)
    assert "Cancel the job" in site.alice.get(path).content.decode()
    site.alice.post(f"{path}cancel/")
    assert job_at(site, path).status == "cancelled"
    assert "Cancel the job" not in site.alice.get(path).content.decode()


def test_an_ended_job_is_not_cancelled_again(site, database):
    answer = site.alice.post(f"{site.paths()['job']}cancel/")
    assert answer.status_code == 409
    assert "transition_not_allowed" in answer.content.decode()


def test_retrying_puts_failed_photos_back(site, database):
    path = submit(site)
    job = job_at(site, path)
    with tenant_scope(site.organization):
        Item.objects.filter(job=job).update(status="failed", reason="timeout")
        Job.objects.filter(pk=job.pk).update(status=JobStatus.FAILED)
    assert "The engine took too long" in site.alice.get(path).content.decode()
    site.alice.post(f"{path}retry/")
    assert job_at(site, path).status == "queued"
    work_off()


def test_an_approver_lets_a_waiting_job_run_and_its_submitter_does_not(site, database):
    job = waiting_job(site)
    path = f"/jobs/{job.public_id}/"
    assert "Approve" not in site.alice.get(path).content.decode()
    assert site.alice.post(f"{path}approve/").status_code == 403
    site.member(Role.APPROVER).post(f"{path}approve/")
    assert job_at(site, path).status == "queued"


def test_declining_takes_a_reason(site, database):
    path, approver = f"/jobs/{waiting_job(site).public_id}/", site.member(Role.APPROVER)
    assert approver.post(f"{path}decline/", {"reason": ""}).status_code == 422
    approver.post(f"{path}decline/", {"reason": "No such case."})
    assert job_at(site, path).status == "refused"
    assert "declined this job" in site.alice.get(path).content.decode()


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_a_reviewer_has_no_button_and_no_right(site, database, action):
    reviewer, path = site.member(Role.REVIEWER), submit(site)
    assert f"{path}{action}/" not in reviewer.get(path).content.decode()
    assert reviewer.post(f"{path}{action}/").status_code == 403


def test_a_held_job_says_why(site, database):
    path = submit(site)
    job = job_at(site, path)
    with tenant_scope(site.organization):
        Job.objects.filter(pk=job.pk).update(status="held", held_reason="policy", held_at=job.created_at)
    page = site.alice.get(path).content.decode()
    assert "Held (policy)" in page
    assert "Nothing is lost" in page


def test_the_list_of_jobs_is_narrowed_by_state(database):
    own = new_site()
    assert f"/jobs/{own.job.public_id}/" in own.alice.get("/jobs/").content.decode()
    assert f"/jobs/{own.job.public_id}/" not in own.alice.get("/jobs/?status=failed").content.decode()


def test_the_list_of_jobs_asks_no_more_queries_for_more_jobs(database):
    own, counts = new_site(), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            own.alice.get("/jobs/")
        counts.append(len(captured))
        submit(own)
        submit(own)
    assert counts[0] == counts[1]


def test_a_familys_request_goes_through_with_an_authoritys_report(site, database):
    report = {"issuer": "Westford Police", "reference": "Report 88", "outcome": "granted"}
    day = {"issued_on_month": "6", "issued_on_day": "10", "issued_on_year": "2026"}
    path = submit(site, requested_by="family", **report, **day)
    assert job_at(site, path).facts["authorization"]["issued_at"] == "2026-06-10T00:00:00+00:00"
    assert "Westford Police, Report 88" in site.alice.get(path).content.decode()


def test_an_authorization_is_stated_whole(site, database):
    answer = site.alice.post(site.paths()["order"], order(site.desk, issuer="Westford Police"))
    assert answer.status_code == 422
    assert "leave all four out" in answer.content.decode()
