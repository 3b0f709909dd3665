"""`detect/`, `compare/` and `galleries/{id}/search/`, over HTTP."""

import jsonschema
import pytest

from tests.api.conftest import Program, file_of, problem
from tests.api.test_docs import of_component, schema
from tests.recognition.test_calls_stopped import Breaking
from tests.support.calls import serving
from tests.support.jobs import work_off
from tests.support.world import jpeg

__all__ = ["schema"]
ANNA, BORIS, CLARA, BLACK = (200, 30, 30), (30, 200, 30), (30, 30, 200), (0, 0, 0)


@pytest.fixture
def gallery(alice: Program) -> str:
    made = alice.gallery()
    image = alice.image(ANNA, "anna.jpg")
    answer = alice.post("jobs/", {"kind": "enroll", "gallery": made, "images": [image]})
    assert answer.status_code == 201, answer.content
    work_off()
    return made


def search(program: Program, gallery: str, color=ANNA, **values):
    with serving():
        return program.post(f"galleries/{gallery}/search/", {"file": file_of(jpeg(color), "p.jpg"), **values})


def test_a_search_answers_as_the_schema_says(alice, gallery, schema):
    answer = search(alice, gallery, threshold="85")
    body = answer.json()
    assert answer.status_code == 200, answer.content
    jsonschema.validate(body, of_component(schema, "CallOutput"))
    [candidate] = body["searched"][0]["candidates"]
    assert (candidate["subject"], candidate["review"]) == ("anna", "unreviewed")
    assert candidate["similarity"] >= body["threshold"] == 85.0
    assert candidate["age"]["cautions"]


def test_a_search_tells_its_ruling_and_review_in_headers(alice, gallery):
    answer = search(alice, gallery)
    assert answer["X-Countenance-Decision"] == answer.json()["ruling"]["id"]
    assert answer["X-Countenance-Review"] == answer.json()["review"]


def test_nobody_found_and_no_face_are_told_apart(alice, gallery):
    nobody, faceless = (search(alice, gallery, color).json() for color in (CLARA, BLACK))
    assert nobody["searched"] == [{"index": 0, "candidates": []}]
    assert (faceless["searched"], faceless["photos"][0]["reason"]) == ([], "no_face")


def test_a_stored_photo_and_an_enrolled_face_can_be_searched_for(alice, gallery):
    stored = alice.image(ANNA)
    with serving():
        answer = alice.post(f"galleries/{gallery}/search/", {"image": stored, "faces": "largest"})
    face = answer.json()["searched"][0]["candidates"][0]["face"]
    again = alice.post(f"galleries/{gallery}/search/", {"face": face})
    assert (again.status_code, again.json()["searched"]) == (200, [{"index": 0, "candidates": []}])


def test_two_photos_are_compared(alice):
    pair = {"source": file_of(jpeg(ANNA), "a.jpg"), "target": file_of(jpeg(ANNA), "b.jpg")}
    with serving():
        body = alice.post("compare/", pair).json()
    assert [one["alike"] for one in body["compared"]] == [True]
    assert body["age"]["gap"].startswith("unknown")


def test_faces_of_a_photo_are_shown_with_their_quality(alice):
    with serving():
        body = alice.post("detect/", {"file": file_of(jpeg(ANNA), "a.jpg")}).json()
    [face] = body["photos"][0]["faces"]
    assert (len(face["landmarks"]), face["quality"]["confidence"], body["estimate"]) == (5, 0.99, None)


def test_police_are_refused_by_the_moratorium_and_nobody_is_looked_at(bob):
    with serving(Breaking()):
        answer = bob.post("detect/", {"file": file_of(jpeg(ANNA), "a.jpg")})
    refusal = problem(answer, 403, "us-police-2020")
    assert refusal["decision"].startswith("rul_")
    assert refusal["remedy"]


def test_without_a_worker_the_answer_says_when_to_ask_again(alice):
    answer = alice.post("detect/", {"file": file_of(jpeg(ANNA), "a.jpg")})
    problem(answer, 503, "no_worker")
    assert int(answer["Retry-After"]) >= 1


def test_a_call_that_failed_for_want_of_a_worker_may_be_sent_again_under_its_name(alice):
    photo, name = jpeg(ANNA), {"Idempotency-Key": "call-1"}
    problem(alice.post("detect/", {"file": file_of(photo, "a.jpg")}, **name), 503, "no_worker")
    with serving():
        assert alice.post("detect/", {"file": file_of(photo, "a.jpg")}, **name).status_code == 200


def test_a_call_repeated_under_its_name_is_told_it_was_answered_and_shows_no_face_again(alice, gallery):
    photo, name = jpeg(ANNA), {"Idempotency-Key": "call-2"}
    with serving():
        first, again = (
            alice.post(f"galleries/{gallery}/search/", {"file": file_of(photo, "a.jpg")}, **name)
            for _ in range(2)
        )
    assert (again["Idempotent-Replayed"], again.json()["id"]) == ("true", first.json()["id"])
    assert {"searched", "photos"} & set(again.json()) == set()


def test_another_tenants_gallery_is_not_there(charlie, gallery):
    problem(search(charlie, gallery), 404, "not_found")


TWO = {"image": "img_1", "face": "fac_1"}


@pytest.mark.parametrize(
    ("values", "field"),
    [({}, "file"), (TWO, "file"), ({"image": "img_1", "quality": "BEST"}, "quality")],
    ids=["nothing to search for", "two things", "no such quality"],
)  # fmt: skip
def test_a_search_that_makes_no_sense_names_the_field(alice, gallery, values, field):
    answer = alice.post(f"galleries/{gallery}/search/", values)
    assert [one["field"] for one in problem(answer, 422, "validation")["errors"]] == [field]


def test_a_file_that_is_no_photo_is_refused_with_its_reason(alice):
    answer = alice.post("detect/", {"file": file_of(b"plain text", "a.jpg")})
    problem(answer, 422, "image_format")


def test_a_key_without_the_right_to_see_results_calls_nothing(world):
    blind = Program(world.alice, world.alice.new_key(scopes=["submit_jobs"]).bearer)
    problem(blind.post("detect/", {"file": file_of(jpeg(ANNA), "a.jpg")}), 403, "scope")
