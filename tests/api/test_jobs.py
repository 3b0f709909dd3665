"""Jobs over HTTP: ruled on, queued, done, read."""

import csv
import io
import json

import pytest

from compliance.models import RulingRecord
from compliance.policy.vocabulary import OrganizationType, Purpose
from portal.common.ids import public_id, uuid7
from portal.tenancy.actions import organizations
from portal.tenancy.scope import tenant_scope
from recognition.actions import results
from recognition.engine.types import ImageResult
from recognition.models import Image
from tests.api.conftest import Program, file_of, problem
from tests.support import photos
from tests.support.fake_engine import FakeEngine
from tests.support.jobs import work_off
from tests.support.world import DEFAULTS, jpeg, new_side

ANNA, BORIS, NOBODY = (200, 30, 30), (30, 200, 30), (0, 0, 0)


def search(program, **changes):
    return program.post("jobs/", {"kind": "search"} | changes)


@pytest.fixture
def gallery(alice) -> str:
    """A gallery with Anna in it."""
    gallery = alice.gallery()
    job = alice.post(
        "jobs/", {"kind": "enroll", "gallery": gallery, "images": [alice.image(ANNA, "anna_1.jpg")]}
    )
    assert job.status_code == 201, job.content
    work_off()
    return gallery


ORDERS = {
    "search": (lambda gallery, one, two: {"gallery": gallery, "images": [one]}, "after_delivery"),
    "compare": (lambda gallery, one, two: {"pairs": [[one, two]]}, "after_delivery"),
    "detect": (lambda gallery, one, two: {"images": [one]}, "none"),
}


@pytest.mark.parametrize("kind", ORDERS)
def test_a_job_and_its_results_say_the_same_review(alice, gallery, kind):
    body, review = ORDERS[kind]
    sent = {"kind": kind, **body(gallery, alice.image(ANNA), alice.image(BORIS))}
    job = alice.post("jobs/", sent).json()
    work_off()
    read = alice.get(f"jobs/{job['id']}/results/")
    document = json.loads(b"".join(read.streaming_content))
    said = [job["review"], alice.get(f"jobs/{job['id']}/").json()["review"], document["review"]]
    assert (said, read["X-Countenance-Review"]) == ([review] * 3, review)


@pytest.fixture
def found(alice, gallery) -> str:
    """A finished search for Anna and for somebody who is not in the gallery."""
    images = [alice.image(ANNA, "=probe.jpg"), alice.image(BORIS), alice.image(NOBODY)]
    job = search(alice, gallery=gallery, images=images, threshold=80).json()["id"]
    work_off()
    return job


def images_kept(side) -> int:
    with tenant_scope(side.organization):
        return Image.objects.filter(purged_at=None).count()


def rulings_made(side) -> int:
    with tenant_scope(side.organization):
        return RulingRecord.objects.count()


def test_a_job_is_queued_with_its_ruling(alice):
    answer = alice.post("jobs/", {"kind": "detect", "images": [alice.image()]})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["ruling"]["outcome"]) == ("queued", "cleared")
    assert body["counts"] == {"total": 1, "done": 0, "failed": 0, "held": 0}
    assert body["policy_version"].startswith("countenance-default@")


def test_a_refused_job_says_rule_remedy_and_decision(bob):
    gallery, image = bob.gallery(), bob.image()
    body = problem(
        search(bob, gallery=gallery, images=[image], subject_class="suspect"), 403, "us-police-2020"
    )
    assert (body["rule"], body["title"]) == ("us-police-2020", "Refused")
    assert body["remedy"]
    assert body["source"]
    ruling = bob.get(f"rulings/{body['decision']}/").json()
    assert (ruling["outcome"], ruling["subject"]) == ("refused", body["job"])
    assert len(ruling["looked_at"]) > 10
    job = bob.get(f"jobs/{body['job']}/").json()
    assert (job["status"], job["counts"]["done"]) == ("refused", 0)
    problem(bob.get(f"jobs/{body['job']}/results/"), 409, "not_released")


def test_a_fact_nobody_stated_refuses(alice, world):
    bare = Program(world.alice, world.alice.new_key(defaults={}).bearer)
    answer = bare.post("jobs/", {"kind": "detect", "images": [bare.image()]})
    assert answer.status_code == 403
    assert answer.json()["decision"].startswith("rul_")


def test_a_probe_is_from_where_the_key_says_that_probes_are_from(world):
    carried = DEFAULTS | {"image_source": "guardian", "probe_source": "authority"}
    program = Program(world.alice, world.alice.new_key(defaults=carried).bearer)
    body = program.post("jobs/", {"kind": "detect", "images": [program.image()]}).json()
    facts = program.get(f"rulings/{body['ruling']['id']}/").json()["facts"]
    assert facts["probe_source"] == "authority"


def test_what_a_request_states_overrides_what_the_key_carries(alice):
    body = alice.post(
        "jobs/", {"kind": "detect", "images": [alice.image()], "case_reference": "CASE-77"}
    ).json()
    facts = alice.get(f"rulings/{body['ruling']['id']}/").json()["facts"]
    assert (facts["case_reference"], facts["requested_by"]) == ("CASE-77", "self")


def test_an_authorization_reaches_the_facts(alice):
    given = {"issuer": "Court", "reference": "A 1", "issued_at": "2026-01-01T00:00:00Z", "outcome": "granted"}
    body = alice.post("jobs/", {"kind": "detect", "images": [alice.image()], "authorization": given}).json()
    facts = alice.get(f"rulings/{body['ruling']['id']}/").json()["facts"]
    assert (facts["authorization"]["issuer"], facts["authorization"]["reference"]) == ("Court", "A 1")


def test_a_recipient_from_the_register_reaches_the_facts(alice, world):
    named = world.charlie.end_user
    body = alice.post(
        "jobs/", {"kind": "detect", "images": [alice.image()], "recipient": named.public_id}
    ).json()
    facts = alice.get(f"rulings/{body['ruling']['id']}/").json()["facts"]
    assert facts["recipient"]["name"] == named.name


def test_a_referred_job_waits_for_an_officer(database):
    program = Program(
        new_side(
            "Lone Developer",
            organization_type=OrganizationType.INDIVIDUAL_DEVELOPER,
            purpose=Purpose.PHOTO_ORGANIZATION,
        )
    )
    answer = program.post(
        "jobs/", {"kind": "detect", "images": [program.image()], "subject_class": "consenting"}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["ruling"]["outcome"]) == ("awaiting_approval", "referred")
    work_off()
    assert program.get(f"jobs/{body['id']}/").json()["counts"]["done"] == 0


def test_another_purpose_than_the_keys_is_refused(alice, world):
    image, before = alice.image(), rulings_made(world.alice)
    answer = alice.post("jobs/", {"kind": "detect", "images": [image], "purpose": "find_missing_adult"})
    problem(answer, 403, "other_purpose")
    assert rulings_made(world.alice) == before


def test_the_keys_own_purpose_and_end_user_can_be_named(alice, world):
    own = {"purpose": "find_missing_child", "end_user": world.alice.end_user.public_id}
    assert alice.post("jobs/", {"kind": "detect", "images": [alice.image()]} | own).status_code == 201
    own["end_user"] = world.alice.end_user.name
    assert alice.post("jobs/", {"kind": "detect", "images": [alice.image()]} | own).status_code == 201


def test_another_end_user_is_refused_whether_it_is_registered_or_not(alice, world):
    image = alice.image()
    answers = [
        alice.post("jobs/", {"kind": "detect", "images": [image], "end_user": named})
        for named in (world.charlie.end_user.public_id, public_id("eus", uuid7()), "Somebody", "eus_!")
    ]
    assert problem(answers[0], 403, "other_end_user")
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "named", [lambda: public_id("eus", uuid7()), lambda: "eus_", lambda: "x", lambda: "\U0001f600"]
)
def test_a_recipient_outside_the_register_is_refused(alice, named):
    answer = alice.post("jobs/", {"kind": "detect", "images": [alice.image()], "recipient": named()})
    problem(answer, 422, "unknown_party")


def test_anothers_gallery_is_as_one_that_never_was(alice, charlie, gallery):
    image = charlie.image()
    real, made_up = (
        search(charlie, gallery=one, images=[image]) for one in (gallery, public_id("gal", uuid7()))
    )
    problem(real, 422, "unknown_gallery")
    assert real.content == made_up.content


def test_anothers_photo_is_as_one_that_never_was(alice, charlie, world):
    theirs, made_up = alice.image(), public_id("img", uuid7())
    answers = [charlie.post("jobs/", {"kind": "detect", "images": [one]}) for one in (theirs, made_up)]
    details = [problem(answer, 422, "unknown_image")["detail"] for answer in answers]
    assert details[0].replace(theirs, "") == details[1].replace(made_up, "")
    assert charlie.get("jobs/").json()["items"] == []
    assert rulings_made(world.charlie) == 0


def test_a_photo_named_twice_is_refused(alice):
    image = alice.image()
    problem(alice.post("jobs/", {"kind": "detect", "images": [image, image]}), 422, "image_twice")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "identify"},
        {"threshold": 101},
        {"threshold": "nan"},
        {"threshold": 10**400},
        {"max_candidates": 0},
        {"images": []},
        {"images": None},
        {"subject_from": "dna"},
        {"requested_by": "nobody"},
        {"kind": "search"},
        {"treshold": 99},
    ],
)
def test_a_value_off_the_list_is_refused_before_anything_is_ruled(alice, world, changes):
    problem(alice.post("jobs/", {"kind": "detect", "images": ["img_x"]} | changes), 422, "validation")
    assert rulings_made(world.alice) == 0


def test_photos_of_another_source_than_the_gallerys_are_refused(alice, gallery):
    body = {"kind": "enroll", "gallery": gallery, "images": [alice.image()], "image_source": "open_web"}
    problem(alice.post("jobs/", body), 422, "image_source_differs")


def test_subjects_can_be_named_one_by_one(alice):
    gallery, image = alice.gallery(), alice.image()
    alice.post(
        "jobs/", {"kind": "enroll", "gallery": gallery, "images": [image], "subjects": {image: "Case 7"}}
    )
    work_off()
    assert alice.get(f"galleries/{gallery}/subjects/").json()["items"][0]["name"] == "Case 7"


def test_a_search_finds_the_person_and_says_what_the_threshold_means(alice, found):
    body = alice.get(f"jobs/{found}/").json()
    assert body["status"] == "released"
    assert body["counts"] == {"total": 3, "done": 3, "failed": 0, "held": 0}
    assert body["reasons"] == {"no_face": 1}
    assert body["threshold"] >= 80
    assert 0 <= body["expected_false_candidates"] <= 1
    assert 0 <= body["share_missed"] <= 1


def test_a_search_estimates_its_errors_with_intervals_and_their_limits(alice, found):
    body = alice.get(f"jobs/{found}/").json()
    made = body["estimate"]
    assert made["false_candidates"]["value"] == body["expected_false_candidates"]
    for rate in ("false_candidates", "false_match_rate", "missed"):
        assert made[rate]["low"] <= made[rate]["value"] <= made[rate]["high"]
    assert (made["is_provisional"], made["is_beyond_data"]) == (True, False)
    assert "LFW" in made["data_set"]
    assert made["scale"] == "lfw-x4.8-blazeface-mirror/1"


def test_results_stream_as_json_behind_the_release_gate(alice, found):
    answer = alice.get(f"jobs/{found}/results/")
    body = json.loads(b"".join(answer.streaming_content))
    first, second, third = body["items"]
    assert [one["subject"] for one in first["faces"][0]["candidates"]] == ["anna"]
    assert second["faces"][0]["candidates"] == []
    assert (third["status"], third["reason"]) == ("done", "no_face")
    assert "does not show that the person is absent" in body["notice"]
    ruling = alice.get(f"rulings/{answer['X-Countenance-Decision']}/").json()
    assert (ruling["gate"], ruling["outcome"]) == ("release", "cleared")


def test_results_stream_as_lines_and_as_a_table(alice, found):
    lines = b"".join(alice.get(f"jobs/{found}/results/?format=jsonl").streaming_content).splitlines()
    assert [json.loads(line)["position"] for line in lines] == [0, 1, 2]
    table = b"".join(alice.get(f"jobs/{found}/results/?format=csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["candidate_subject"] for row in rows] == ["anna", "", ""]
    assert rows[0]["review"] == "unreviewed"
    assert rows[0]["name"] == "'=probe.jpg"


def test_a_stream_ends_when_its_ruling_no_longer_stands(alice, found, world, monkeypatch):
    monkeypatch.setattr(results, "_CHUNK", 1)
    stream = iter(alice.get(f"jobs/{found}/results/?format=jsonl").streaming_content)
    assert next(stream)
    organizations.raise_epoch(world.alice.organization)
    [last] = map(json.loads, stream)
    assert last["stopped"]["code"] == "results_closed"


def test_a_document_and_a_table_that_were_stopped_say_so(alice, found, world, monkeypatch):
    monkeypatch.setattr(results, "_CHUNK", 1)
    document, table = (
        iter(alice.get(f"jobs/{found}/results/?format={name}").streaming_content) for name in ("json", "csv")
    )
    begun = [next(document), next(document), next(table), next(table)]
    organizations.raise_epoch(world.alice.organization)
    body = json.loads(b"".join([*begun[:2], *document]))
    assert (body["complete"], body["stopped"]["items_before"], len(body["items"])) == (False, 1, 1)
    assert b"".join(table).startswith(b"STOPPED,")


def test_pairs_are_compared_and_told_apart(alice):
    first, second, other, nobody = (alice.image(color) for color in (ANNA, ANNA, BORIS, NOBODY))
    body = {"kind": "compare", "pairs": [[first, second], [first, other], [first, nobody]], "threshold": 80}
    job = alice.post("jobs/", body).json()["id"]
    work_off()
    answer = json.loads(b"".join(alice.get(f"jobs/{job}/results/").streaming_content))
    assert answer["complete"] is True
    told = [row["pair"]["compared"] for row in answer["items"]]
    assert told == ["at_or_above", "below", "not_compared"]
    items = alice.get(f"jobs/{job}/items/").json()["items"]
    assert [item["second"]["reason"] for item in items] == ["", "", "no_face"]


def test_a_table_has_one_line_a_pair(alice):
    images = [alice.image(ANNA) for _ in range(2)]
    job = alice.post("jobs/", {"kind": "compare", "pairs": [images]}).json()["id"]
    work_off()
    table = b"".join(alice.get(f"jobs/{job}/results/?format=csv").streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["compared"], row["second_image"], row["second_faces"]) == ("at_or_above", images[1], "1")


@pytest.mark.parametrize("kind", ["detect", "search"])
def test_pairs_are_for_comparisons_only(alice, kind):
    images = [alice.image(ANNA) for _ in range(2)]
    answer = alice.post("jobs/", {"kind": kind, "gallery": alice.gallery(), "pairs": [images]})
    assert answer.status_code == 422


def test_a_pair_with_anothers_photo_is_refused(alice, charlie):
    answer = alice.post("jobs/", {"kind": "compare", "pairs": [[alice.image(ANNA), charlie.image(ANNA)]]})
    problem(answer, 422, "unknown_image")


def test_an_unknown_format_is_refused(alice, found):
    problem(alice.get(f"jobs/{found}/results/?format=xml"), 422, "format_unknown")


def test_results_are_closed_when_the_organization_is_stopped(alice, found, world):
    type(world.alice.organization).objects.filter(pk=world.alice.organization.pk).update(status="suspended")
    answer = alice.get(f"jobs/{found}/results/")
    assert answer.status_code == 403
    assert answer.json()["rule"] == "organization-stopped"


def test_a_cancelled_job_does_nothing_more(alice):
    job = alice.post("jobs/", {"kind": "detect", "images": [alice.image()]}).json()["id"]
    assert alice.post(f"jobs/{job}/cancel/").json()["status"] == "cancelled"
    work_off()
    assert alice.get(f"jobs/{job}/").json()["counts"]["done"] == 0
    problem(alice.post(f"jobs/{job}/cancel/"), 409, "transition_not_allowed")


class Failing(FakeEngine):
    """Can read no file."""

    def run(self, images, between_batches=None):
        return (ImageResult(key, 0, 0, (), "image_truncated") for key, _ in images)


def test_failed_photos_are_run_again(alice):
    job = alice.post("jobs/", {"kind": "detect", "images": [alice.image()]}).json()["id"]
    work_off(Failing())
    assert alice.get(f"jobs/{job}/").json()["reasons"] == {"image_truncated": 1}
    assert alice.post(f"jobs/{job}/retry/").json()["status"] == "queued"
    work_off()
    assert alice.get(f"jobs/{job}/").json()["counts"] == {"total": 1, "done": 1, "failed": 0, "held": 0}


def test_a_job_without_failures_has_nothing_to_run_again(alice):
    job = alice.post("jobs/", {"kind": "detect", "images": [alice.image()]}).json()["id"]
    work_off()
    problem(alice.post(f"jobs/{job}/retry/"), 409, "nothing_failed")


def with_archive(program, data: bytes, **changes):
    values = {"kind": "enroll", "archive": file_of(data), "subject_from": "folder"}
    return program.post("jobs/", values | changes)


def test_an_archive_becomes_a_job_and_names_what_it_left_out(alice):
    files = {
        "anna/1.jpg": jpeg(),
        "boris/1.jpg": jpeg(BORIS),
        "../../etc/passwd": jpeg(),
        "anna/notes.txt": b"no photo",
        "anna/cut.jpg": photos.truncated(),
    }
    body = with_archive(alice, photos.zipped(files), gallery=alice.gallery()).json()
    assert body["counts"]["total"] == 2
    assert {one["name"]: one["reason"] for one in body["rejected"]} == {
        "../../etc/passwd": "archive_path",
        "anna/notes.txt": "image_format",
        "anna/cut.jpg": "image_truncated",
    }
    items = alice.get(f"jobs/{body['id']}/items/").json()["items"]
    assert [one["subject"] for one in items] == ["anna", "boris"]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"no zip", "archive_format"),
        (lambda: b"", "archive_format"),
        (lambda: photos.zipped({}), "archive_empty"),
        (photos.encrypted_zip, "archive_encrypted"),
        (photos.zip_bomb, "archive_bomb"),
        (lambda: photos.zipped({"../anna.jpg": jpeg()}), "no_images"),
        (lambda: photos.zipped({"anna.jpg": jpeg()}), "subject_missing"),
    ],
)
def test_a_bad_archive_is_refused_and_leaves_nothing(alice, world, make, code):
    gallery = alice.gallery()
    problem(with_archive(alice, make(), gallery=gallery), 422, code)
    assert alice.get("jobs/").json()["items"] == []
    assert images_kept(world.alice) == 0


def test_a_dry_run_says_what_would_come_of_each_file_and_keeps_nothing(alice, world):
    data = photos.zipped({"anna/1.jpg": jpeg(), "anna/notes.txt": b"no photo"})
    before = rulings_made(world.alice)
    answer = with_archive(alice, data, gallery=alice.gallery(), dry_run=True)
    assert answer.status_code == 200
    assert answer.json()["counts"] == {"accepted": 1, "image_format": 1}
    assert answer.json()["files"][0]["subject"] == "anna"
    assert (images_kept(world.alice), rulings_made(world.alice)) == (0, before)
    assert alice.get("jobs/").json()["items"] == []


def with_folder(program, files: dict[str, bytes], **changes):
    """A form as a browser or curl sends a folder: the folders stand in the names of the files."""
    mark = "----folder"
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in changes.items()]
    head = "Content-Type: image/jpeg\r\n\r\n"
    parts += [f'name="files"; filename="{name}"\r\n{head}'.encode() + data for name, data in files.items()]
    start = f"--{mark}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(start + part + b"\r\n" for part in parts) + f"--{mark}--\r\n".encode()
    headers = {"Authorization": f"Bearer {program.bearer}"}
    kind = f"multipart/form-data; boundary={mark}"
    return program.client.post("/api/v1/jobs/", body, content_type=kind, headers=headers)


def test_a_folder_is_sent_as_a_form_and_its_folders_name_people(alice):
    files = {"all/anna/1.jpg": jpeg(), "all/boris/1.jpg": jpeg(BORIS), "../out.jpg": jpeg()}
    answer = with_folder(alice, files, kind="enroll", gallery=alice.gallery(), subject_from="folder")
    assert answer.status_code == 201, answer.content
    items = alice.get(f"jobs/{answer.json()['id']}/items/").json()["items"]
    assert [(one["name"], one["subject"]) for one in items] == [
        ("all/anna/1.jpg", "anna"),
        ("all/boris/1.jpg", "boris"),
    ]
    assert answer.json()["rejected"] == [{"name": "../out.jpg", "reason": "archive_path"}]


def test_a_folder_of_pairs_is_compared(alice):
    files = {"old/anna.jpg": jpeg(), "new/anna.jpg": jpeg(), "new/lea.jpg": jpeg(BORIS)}
    answer = with_folder(alice, files, kind="compare", subject_from="folder")
    assert answer.json()["counts"]["total"] == 1
    assert answer.json()["rejected"] == [{"name": "new/lea.jpg", "reason": "unpaired"}]


def test_the_report_of_an_import_is_a_table_too(alice):
    files = {"anna/1.jpg": jpeg(), "anna/=notes.txt": b"no photo"}
    job = with_archive(alice, photos.zipped(files), gallery=alice.gallery()).json()["id"]
    body = json.loads(b"".join(alice.get(f"jobs/{job}/import/").streaming_content))
    assert [row["outcome"] for row in body["files"]] == ["accepted", "image_format"]
    table = b"".join(alice.get(f"jobs/{job}/import/?format=csv").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert rows[0]["item"].startswith("itm_")
    problem(alice.get(f"jobs/{job}/import/?format=xml"), 422, "format_unknown")


def test_an_archive_for_a_refused_job_is_kept_with_the_job(bob):
    gallery = bob.gallery()
    answer = with_archive(bob, photos.zipped({"anna/1.jpg": jpeg()}), gallery=gallery)
    body = problem(answer, 403, "us-police-2020")
    assert bob.get(f"jobs/{body['job']}/").json()["counts"]["total"] == 1


def test_images_and_an_archive_at_once_are_refused(alice):
    answer = with_archive(alice, photos.zipped({"a.jpg": jpeg()}), kind="detect", images=[alice.image()])
    problem(answer, 422, "validation")


def test_a_key_that_may_not_upload_sends_no_archive(world):
    program = Program(world.alice, world.alice.new_key(scopes=["submit_jobs"]).bearer)
    problem(with_archive(program, photos.zipped({"a.jpg": jpeg()}), kind="detect"), 403, "scope")
    assert images_kept(world.alice) == 0
