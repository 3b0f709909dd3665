"""Case records over HTTP: whom a program looks for, with dates, photos and a report."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance.policy.vocabulary import Purpose
from portal.tenancy.scope import tenant_scope
from recognition.models import Image, Subject
from tests.api.conftest import Program, problem
from tests.support.jobs import work_off
from tests.support.world import new_side

REPORT = {"kind": "report", "issuer": "Westford Police", "reference": "26-412", "dated": "2026-01-14"}
NEW = {"reference": "WP-1", "requested_by": "family", "born": "2015-05-01", "authority": REPORT}


@pytest.fixture
def case(alice) -> str:
    return alice.post("cases/", NEW).json()["id"]


def a_search(alice, reference):
    images = [alice.image()]
    return {"kind": "search", "gallery": alice.gallery(), "images": images, "case_reference": reference}


def enrolled(alice) -> tuple[str, str]:
    gallery = alice.gallery()
    body = {"kind": "enroll", "gallery": gallery, "images": [alice.image()], "case_reference": None}
    alice.post("jobs/", body)
    work_off()
    return gallery, alice.get(f"galleries/{gallery}/subjects/").json()["items"][0]["id"]


def test_a_case_comes_back_as_it_was_opened(alice):
    made = alice.post("cases/", NEW | {"missing_since": "2026"})
    assert made.status_code == 201
    body = made.json()
    assert {name: body[name] for name in NEW} == NEW
    assert (body["status"], body["purpose"], body["photos"]) == ("open", "find_missing_child", 0)
    assert alice.get(f"cases/{body['id']}/").json() == body


def test_the_same_call_twice_opens_one_case(alice):
    first = alice.post("cases/", NEW, **{"Idempotency-Key": "a"})
    again = alice.post("cases/", NEW, **{"Idempotency-Key": "a"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(alice.get("cases/").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"authority": None}, "authority_missing"),
        ({"born": "05/01/2015"}, "date_format"),
        ({"born": "2999"}, "date_future"),
    ],
)
def test_what_is_wrong_in_a_case_is_a_problem_that_names_the_field(alice, changes, code):
    body = problem(alice.post("cases/", NEW | changes), 422, code)
    assert body["errors"][0]["field"]
    assert alice.get("cases/").json()["items"] == []


def test_another_purpose_is_refused(alice):
    problem(alice.post("cases/", NEW | {"purpose": "find_missing_adult"}), 403, "other_purpose")


def test_a_reference_is_taken_once(alice, case):
    problem(alice.post("cases/", NEW), 409, "reference_taken")


def test_what_is_known_is_changed_and_the_rest_stays(alice, case):
    changed = alice.call("PATCH", f"cases/{case}/", {"missing_since": "2026-01-13"}).json()
    assert (changed["missing_since"], changed["born"], changed["authority"]) == (
        "2026-01-13",
        "2015-05-01",
        REPORT,
    )


def test_photos_have_a_day_and_tell_the_age(alice, case):
    image = alice.image()
    sent = {"image": image, "taken": "2024", "age_progressed": True, "note": "School"}
    made = alice.post(f"cases/{case}/photos/", sent).json()
    assert {name: made[name] for name in sent} == sent
    assert made["age_years"] == [8, 9]
    mended = alice.call("PATCH", f"cases/{case}/photos/{made['id']}/", {"taken": "2024-05-02"}).json()
    assert (mended["age_years"], mended["note"]) == ([9, 9], "School")
    assert alice.get(f"cases/{case}/photos/").json()["items"] == [mended]


def test_a_photo_of_somebody_else_is_not_here(alice, charlie, case):
    answer = alice.post(f"cases/{case}/photos/", {"image": charlie.image()})
    problem(answer, 422, "unknown_image")


def test_a_removed_photo_is_destroyed(alice, world, case):
    image = alice.image()
    made = alice.post(f"cases/{case}/photos/", {"image": image}).json()["id"]
    assert alice.call("DELETE", f"cases/{case}/photos/{made}/").status_code == 204
    with tenant_scope(world.alice.organization):
        assert Image.objects.get().purged_at


def test_a_subject_is_linked_and_unlinked(alice, world, case):
    gallery, subject = enrolled(alice)
    assert alice.post(f"cases/{case}/subjects/", {"gallery": gallery, "subject": subject}).status_code == 201
    assert [one["id"] for one in alice.get(f"cases/{case}/subjects/").json()["items"]] == [subject]
    assert alice.call("DELETE", f"cases/{case}/subjects/{subject}/").status_code == 204
    with tenant_scope(world.alice.organization):
        assert Subject.objects.get().record is None


def test_a_closed_case_takes_no_job_until_it_is_opened_again(alice, case):
    assert alice.post(f"cases/{case}/close/").json()["status"] == "closed"
    search = {
        "kind": "search",
        "gallery": alice.gallery(),
        "images": [alice.image()],
        "case_reference": "WP-1",
    }
    problem(alice.post("jobs/", search), 409, "case_closed")
    assert alice.post(f"cases/{case}/reopen/").json()["ended_at"] is None
    assert alice.post("jobs/", search).status_code == 201


def test_found_erases_at_once_and_answers_with_the_receipt(alice, case):
    image = alice.image()
    alice.post(f"cases/{case}/photos/", {"image": image})
    job = alice.post("jobs/", a_search(alice, "WP-1")).json()["id"]
    receipt = alice.post(f"cases/{case}/found/").json()
    assert (receipt["on_hold"], receipt["photos"], receipt["jobs"]) == (False, 2, 1)
    assert alice.get(f"cases/{case}/").json()["born"] == ""
    assert alice.get(f"jobs/{job}/").json()["status"] == "cancelled"
    assert alice.get(f"images/{image}/").status_code == 404
    problem(alice.post(f"cases/{case}/found/"), 409, "transition_not_allowed")


def test_abuse_material_is_refused_outside_bodies_that_may_hold_it(database):
    program = Program(new_side("Quayside Hotline", purpose=Purpose.CSAM_VICTIM_IDENTIFICATION))
    body = problem(program.post("cases/", NEW | {"requested_by": "self"}), 403, "csam-lawful-holders")
    assert body["decision"].startswith("rul_")
    assert program.get("cases/").json()["items"] == []


def test_a_job_that_states_a_case_reference_and_no_more_opens_its_record(alice):
    search = {
        "kind": "search",
        "gallery": alice.gallery(),
        "images": [alice.image()],
        "case_reference": "N-9",
    }
    assert alice.post("jobs/", search).status_code == 201
    [made] = alice.get("cases/").json()["items"]
    assert (made["reference"], made["born"], made["authority"]) == ("N-9", "", None)


def test_a_search_that_names_no_case_is_refused_with_a_sentence_to_mend_it(alice):
    body = problem(alice.post("jobs/", a_search(alice, None)), 403, "case_record_missing")
    assert body["errors"][0]["field"] == "case_reference"
    assert alice.get(f"jobs/{body['job']}/").json()["status"] == "refused"


def test_results_carry_the_age_gap_in_every_format(alice, case):
    gallery, subject = enrolled(alice)
    alice.post(f"cases/{case}/subjects/", {"gallery": gallery, "subject": subject})
    probe = alice.image()
    alice.post(f"cases/{case}/photos/", {"image": probe, "taken": "2025-06-01"})
    job = alice.post(
        "jobs/", {"kind": "search", "gallery": gallery, "images": [probe], "case_reference": "WP-1"}
    ).json()["id"]
    work_off()
    results = json.loads(streamed(alice.get(f"jobs/{job}/results/")))
    [found] = results["items"][0]["faces"][0]["candidates"]
    assert found["age"]["probe"]["age_years"] == [10, 10]
    assert found["age"]["gap"] == "unknown: no date of the enrolled photo"
    [row] = csv.DictReader(io.StringIO(streamed(alice.get(f"jobs/{job}/results/?format=csv"))))
    assert (row["age_in_probe"], row["age_enrolled"]) == ("10 years", "unknown")
    assert row["caution"].startswith("Not measured on children.")


def streamed(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def test_a_case_list_asks_the_database_no_more_for_more_cases(alice, case):
    with CaptureQueriesContext(connection) as few:
        alice.get("cases/")
    for number in range(5):
        alice.post("cases/", NEW | {"reference": f"X-{number}"})
    with CaptureQueriesContext(connection) as many:
        alice.get("cases/")
    assert len(many) == len(few)
