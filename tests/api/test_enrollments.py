"""`POST galleries/{id}/faces/`: a photo whose faces are enrolled at once, over HTTP."""

import jsonschema
import pytest

from portal.audit.models import Event
from portal.tenancy.scope import tenant_scope
from recognition.models import Face, Image, Subject
from tests.api.conftest import Program, file_of, problem
from tests.api.test_docs import of_component, schema
from tests.recognition.test_calls_stopped import Breaking
from tests.support.calls import serving
from tests.support.jobs import ANNA, BORIS, NOBODY, photo
from tests.support.world import jpeg

__all__ = ["schema"]
SMALL = (255, 255, 255)


@pytest.fixture
def gallery(alice: Program) -> str:
    return alice.gallery()


def enroll(program: Program, gallery: str, data: bytes | None = None, headers=None, **values):
    sent = {"file": file_of(jpeg(ANNA) if data is None else data, "a.jpg"), **values}
    with serving():
        return program.post(f"galleries/{gallery}/faces/", sent, **(headers or {}))


def faces(program: Program, gallery: str) -> list[dict]:
    return program.get(f"galleries/{gallery}/faces/").json()["items"]


def kept(program: Program) -> tuple[int, int, int]:
    """Faces, subjects and photos of the organization."""
    with tenant_scope(program.side.organization):
        return Face.objects.count(), Subject.objects.count(), Image.objects.count()


def test_a_named_person_is_enrolled_at_once_as_the_schema_says(alice, gallery, schema):
    answer = enroll(alice, gallery, name="anna")
    body = answer.json()
    assert answer.status_code == 201, answer.content
    jsonschema.validate(body, of_component(schema, "EnrollmentOutput"))
    assert body["enrolled"] == faces(alice, gallery)
    [person] = alice.get(f"galleries/{gallery}/subjects/").json()["items"]
    assert (person["name"], person["id"]) == ("anna", body["enrolled"][0]["subject"])
    assert answer["X-Countenance-Decision"] == body["ruling"]["id"]


def test_what_is_enrolled_is_searched_for_in_the_next_call(alice, gallery):
    face = enroll(alice, gallery, name="anna").json()["enrolled"][0]["id"]
    with serving():
        found = alice.post(f"galleries/{gallery}/search/", {"file": file_of(jpeg(ANNA), "p.jpg")}).json()
    assert [one["face"] for one in found["searched"][0]["candidates"]] == [face]


def test_a_stored_photo_becomes_a_second_face_of_somebody(alice, gallery):
    first = enroll(alice, gallery, name="anna").json()["enrolled"][0]
    with serving():
        body = alice.post(
            f"galleries/{gallery}/faces/", {"image": alice.image(ANNA), "subject": first["subject"]}
        ).json()
    assert [one["subject"] for one in body["enrolled"]] == [first["subject"]]
    assert len(faces(alice, gallery)) == 2


def test_without_a_name_a_face_stands_for_itself(alice, gallery):
    body = enroll(alice, gallery, max_faces="5").json()
    assert body["new"] == 1
    with tenant_scope(alice.side.organization):
        assert Subject.objects.get().is_unnamed


@pytest.mark.parametrize(("color", "reason"), [(NOBODY, {}), (SMALL, {"face_too_small": 1})])
def test_a_photo_without_a_face_to_enroll_is_not_kept_and_says_why(alice, gallery, color, reason):
    answer = enroll(alice, gallery, jpeg(color), name="anna")
    body = answer.json()
    assert (answer.status_code, body["new"], body["enrolled"], body["left_out"]) == (200, 0, [], reason)
    assert body["photo"]["reason"] == ("no_face" if color == NOBODY else "face_too_small")
    assert kept(alice) == (0, 0, 0)


def test_the_same_photo_of_the_same_person_is_enrolled_once(alice, gallery):
    data = photo(ANNA)
    first, again = (enroll(alice, gallery, data, name="anna") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["new"]) == (201, 200, 0)
    assert again.json()["enrolled"] == first.json()["enrolled"]
    assert kept(alice) == (1, 1, 1)


def test_the_same_photo_of_somebody_else_is_their_face_too(alice, gallery):
    data = photo(ANNA)
    for name in ("anna", "boris"):
        assert enroll(alice, gallery, data, name=name).status_code == 201
    assert kept(alice) == (2, 2, 2)


def test_a_stored_photo_that_shows_somebody_else_already_is_named_a_duplicate(alice, gallery):
    image = enroll(alice, gallery, name="anna").json()["enrolled"][0]["image"]
    with serving():
        answer = alice.post(f"galleries/{gallery}/faces/", {"image": image, "name": "boris"})
    assert (answer.status_code, answer.json()["left_out"]) == (200, {"duplicate": 1})
    assert kept(alice) == (1, 1, 1)


def test_a_subject_that_stands_for_one_face_gets_no_second_one(alice, gallery):
    nobody = enroll(alice, gallery).json()["enrolled"][0]["subject"]
    problem(enroll(alice, gallery, jpeg(BORIS), subject=nobody), 409, "subject_unnamed")
    assert kept(alice) == (1, 1, 1)


def test_a_repeated_call_enrolls_once_and_says_again_what_is_enrolled(alice, gallery):
    data, name = photo(ANNA), {"Idempotency-Key": "enroll-1"}
    first, again = (enroll(alice, gallery, data, name, name="anna") for _ in range(2))
    assert (again["Idempotent-Replayed"], again.status_code) == ("true", 201)
    assert again.json()["enrolled"] == first.json()["enrolled"]
    assert ("photo" in again.json(), kept(alice)) == (False, (1, 1, 1))


def test_police_enroll_nobody_and_the_refusal_names_the_rule(world, bob):
    gallery = bob.gallery()
    with serving(Breaking()):
        answer = bob.post(f"galleries/{gallery}/faces/", {"file": file_of(jpeg(), "a.jpg"), "name": "x"})
    assert problem(answer, 403, "us-police-2020")["decision"].startswith("rul_")
    assert kept(bob) == (0, 0, 0)


def test_without_an_engine_nothing_is_kept(alice, gallery):
    answer = alice.post(f"galleries/{gallery}/faces/", {"file": file_of(jpeg(), "a.jpg"), "name": "anna"})
    problem(answer, 503, "no_worker")
    assert kept(alice) == (0, 0, 0)


def test_an_enrollment_is_on_record(alice, gallery):
    body = enroll(alice, gallery, name="anna").json()
    event = Event.objects.get(verb="call.answered", organization=alice.side.organization.pk)
    assert (event.target, event.payload["enrolled"]) == (body["id"], 1)


def test_another_tenants_gallery_is_not_there(charlie, gallery):
    problem(enroll(charlie, gallery, name="anna"), 404, "not_found")


@pytest.mark.parametrize("scope", ["upload", "submit_jobs"])
def test_a_key_needs_both_rights(world, gallery, scope):
    program = Program(world.alice, world.alice.new_key(scopes=[scope]).bearer)
    problem(enroll(program, gallery, name="anna"), 403, "scope")


WRONG = {
    "nothing": ({}, "file"),
    "two names": ({"image": "img_1", "subject": "sub_1", "name": "anna"}, "name"),
    "many faces of one": ({"image": "img_1", "name": "anna", "max_faces": 2}, "max_faces"),
    "no such quality": ({"image": "img_1", "quality": "BEST"}, "quality"),
    "a name with a space": ({"image": "img_1", "external_image_id": "a b"}, "external_image_id"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_an_enrollment_that_makes_no_sense_names_the_field(alice, gallery, kind):
    values, field = WRONG[kind]
    answer = alice.post(f"galleries/{gallery}/faces/", values)
    assert [one["field"] for one in problem(answer, 422, "validation")["errors"]] == [field]


def test_somebody_who_is_not_in_the_gallery_is_unknown(alice, gallery):
    elsewhere = enroll(alice, alice.gallery(), name="anna").json()["enrolled"][0]["subject"]
    problem(enroll(alice, gallery, subject=elsewhere), 422, "unknown_subject")
