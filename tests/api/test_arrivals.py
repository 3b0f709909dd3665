"""`images/` with `detect=true`: a photo is stored, and looked at as far as the rules let it."""

import jsonschema
import pytest

from portal.tenancy.scope import tenant_scope
from recognition.models import Call, Image
from tests.api.conftest import Program, file_of, problem
from tests.api.test_docs import of_component, schema
from tests.recognition.test_calls_stopped import Breaking
from tests.support.calls import serving
from tests.support.world import jpeg

__all__ = ["schema"]
ANNA, BLACK = (200, 30, 30), (0, 0, 0)


def sent(program: Program, color=ANNA, headers=None, **values):
    body = {"file": file_of(jpeg(color), "a.jpg"), "detect": "true", **values}
    return program.post("images/", body, **(headers or {}))


def stored(program: Program) -> int:
    with tenant_scope(program.side.organization):
        return Image.objects.count()


def test_a_photo_is_stored_and_its_faces_are_answered_as_the_schema_says(alice, schema):
    with serving():
        answer = sent(alice)
    body = answer.json()
    assert answer.status_code == 201, answer.content
    jsonschema.validate(body, of_component(schema, "UploadOutput"))
    assert (len(body["faces"]), body["detection"]["ruling"]["outcome"]) == (1, "cleared")
    assert alice.get(f"images/{body['id']}/").status_code == 200


def test_a_photo_without_a_face_says_so_and_under_which_call(alice):
    with serving():
        body = sent(alice, BLACK).json()
    assert (body["faces"], body["detection"]["reason"]) == ([], "no_face")
    with tenant_scope(alice.side.organization):
        assert [call.public_id for call in Call.objects.all()] == [body["detection"]["call"]]


def test_who_does_not_ask_is_told_of_no_faces(alice):
    with serving(Breaking()):
        body = alice.upload().json()
    assert {"faces", "detection"} & body.keys() == set()


def test_a_refusal_leaves_the_photo_stored_and_names_the_rule_where_faces_would_be(bob, schema):
    with serving(Breaking()):
        answer = sent(bob)
    body = answer.json()
    jsonschema.validate(body, of_component(schema, "UploadOutput"))
    assert "faces" not in body
    refusal = body["detection"]["problem"]
    assert (refusal["status"], refusal["rule"], refusal["decision"][:4]) == (403, "us-police-2020", "rul_")
    assert bob.get(f"images/{body['id']}/").status_code == 200


def test_without_an_engine_the_photo_waits_to_be_looked_at_by_its_id(alice):
    body = sent(alice).json()
    assert (body["detection"]["problem"]["code"], "faces" in body) == ("no_worker", False)
    with serving():
        later = alice.post("detect/", {"image": body["id"]})
    assert len(later.json()["photos"][0]["faces"]) == 1


def test_an_upload_repeated_under_its_name_is_one_photo_and_shows_no_face_again(alice):
    photo, name = jpeg(ANNA), {"Idempotency-Key": "arrival-1"}
    with serving():
        first, again = (
            alice.post("images/", {"file": file_of(photo, "a.jpg"), "detect": "true"}, **name).json()
            for _ in range(2)
        )
    assert (again["id"], again["detection"]) == (first["id"], first["detection"])
    assert ("faces" in first, "faces" in again, stored(alice)) == (True, False, 1)


@pytest.mark.parametrize("scopes", [["upload"], ["upload", "submit_jobs"], ["upload", "view_results"]])
def test_a_key_that_may_not_look_at_photos_is_refused_and_stores_none(world, scopes):
    program = Program(world.alice, world.alice.new_key(scopes=scopes).bearer)
    problem(sent(program), 403, "scope")
    assert stored(program) == 0
    assert program.upload().status_code == 201


def test_facts_that_nobody_asked_for_or_of_another_purpose_store_nothing(alice):
    idle = alice.post("images/", {"file": file_of(jpeg(), "a.jpg"), "case_reference": "CASE-1"})
    assert [one["field"] for one in problem(idle, 422, "validation")["errors"]] == ["case_reference"]
    problem(sent(alice, purpose="find_missing_adult"), 403, "other_purpose")
    assert stored(alice) == 0


def test_a_file_that_is_no_photo_is_not_stored_and_not_looked_at(alice):
    answer = alice.post("images/", {"file": file_of(b"plain text", "a.jpg"), "detect": "true"})
    problem(answer, 422, "image_format")
    assert stored(alice) == 0
