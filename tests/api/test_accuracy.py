"""`accuracy/` over HTTP, and what its kind of key opens besides: nothing."""

from typing import Any

import jsonschema
import pytest

from portal.audit.models import Event
from portal.common.ids import public_id, uuid7
from portal.tenancy.actor import Actor
from portal.tenancy.scope import tenant_scope
from recognition.models import AccuracyPair, Call, Image
from tests.api.conftest import Program, file_of, problem
from tests.api.test_docs import of_component, schema  # noqa: F401 - a fixture
from tests.api.test_keys import CALLS, EVERY_SCOPE, FOR_TESTERS, address
from tests.support.calls import serving
from tests.support.jobs import NOBODY, photo
from tests.support.testers import VariedEngine, labels, new_tester, person, photos_of

DECLARED = labels(26, 26)


@pytest.fixture
def tester(database) -> Program:
    return Program(new_tester())


@pytest.fixture
def engine(database):
    with serving(VariedEngine()):
        yield


def body(**changes: Any) -> dict[str, Any]:
    pairs = [{"pair": one.pair, "same": one.same} for one in DECLARED]
    return {"threshold": 80, "pairs": pairs} | changes


def begin(program: Program, **changes: Any) -> str:
    answer = program.post("accuracy/", body(**changes))
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def hand_in(program: Program, test: str, number: int, second: bytes | None = None) -> Any:
    label = DECLARED[number]
    photos = photos_of(label, number)
    files = {"first": file_of(photos[0], "1.jpg"), "second": file_of(second or photos[1], "2.jpg")}
    return program.post(f"accuracy/{test}/pairs/{label.pair}/", files)


def test_a_test_from_its_labels_to_its_rates(tester, engine, schema):  # noqa: F811
    begun = tester.post("accuracy/", body()).json()
    test = begun["id"]
    assert begun["progress"] == {"compared": 0, "not_compared": 0, "waiting": 52}
    lacking = hand_in(tester, test, 0, photo(NOBODY, "JPEG")).json()
    assert lacking["failures"] == [{"photo": "second", "reason": "no_face"}]
    for number in range(1, 52):
        last = hand_in(tester, test, number).json()
    assert (last["compared"], last["status"], last["progress"]) == (True, "finished", None)
    found = tester.get(f"accuracy/{test}/").json()
    assert found["result"]["fnmr"]["trials"] == 25
    assert found["labels_sha256"] == begun["labels_sha256"]
    for name, value in (("TestOutput", begun), ("TestOutput", found), ("HandedInOutput", last)):
        jsonschema.validate(value, of_component(schema, name))
    assert tester.get("accuracy/").json()["items"][0]["id"] == test
    assert Event.objects.get(verb="accuracy.finished", target=test).payload["compared"] == 51
    with tenant_scope(tester.side.organization):  # numbers are kept and nothing else
        assert not any(kept.objects.exists() for kept in (AccuracyPair, Image, Call))


def test_no_answer_about_a_pair_tells_how_alike_it_is(tester, engine):
    test = begin(tester)
    same, different = hand_in(tester, test, 3).json(), hand_in(tester, test, 30).json()
    del same["pair"], different["pair"], same["progress"], different["progress"]
    assert same == different


def test_a_test_is_finished_early_only_with_enough_pairs(tester, engine):
    test = begin(tester)
    hand_in(tester, test, 0)
    problem(tester.post(f"accuracy/{test}/finish/"), 409, "too_few_scored")
    assert tester.get(f"accuracy/{test}/").json()["result"] is None


def test_without_an_engine_the_pair_can_be_sent_again(tester):
    test = begin(tester)
    answer = hand_in(tester, test, 0)
    problem(answer, 503, "no_worker")
    assert int(answer["Retry-After"]) > 0
    assert tester.get(f"accuracy/{test}/").json()["progress"]["waiting"] == 52


def test_a_photo_that_is_none_is_named(tester):
    test = begin(tester)
    told = problem(hand_in(tester, test, 0, b"GIF89a no photo"), 422, "image_format")
    assert told["errors"][0]["field"] == "second"


@pytest.mark.parametrize("name", ["never", "a%00b", "%ED%A0%80", "x" * 300])
def test_a_pair_that_was_not_declared_is_not_found(tester, name):
    photos = [file_of(data, "1.jpg") for data in photos_of(DECLARED[0], 0)]
    answer = tester.post(
        f"accuracy/{begin(tester)}/pairs/{name}/", dict(zip(("first", "second"), photos, strict=True))
    )
    problem(answer, 404, "not_found")


def test_a_test_that_is_given_up_is_over(tester):
    test = begin(tester)
    assert tester.call("DELETE", f"accuracy/{test}/").status_code == 204
    assert tester.get(f"accuracy/{test}/").json()["status"] == "withdrawn"
    problem(tester.post(f"accuracy/{test}/finish/"), 409, "test_ended")
    problem(tester.call("DELETE", f"accuracy/{test}/"), 409, "test_ended")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"threshold": 80.5}, "threshold"),
        ({"threshold": 101}, "threshold"),
        ({"threshold": "NaN"}, "threshold"),
        ({"image_source": "torrent"}, "image_source"),
        ({"pairs": []}, "pairs"),
        ({"pairs": [{"pair": "a/b", "same": True}]}, "pairs"),
        ({"pairs": [{"pair": "a", "same": True, "similarity": 3}]}, "pairs"),
        ({"scores": True}, "scores"),
    ],
)
def test_what_is_not_asked_for_is_named(tester, changes, field):
    told = problem(tester.post("accuracy/", body(**changes)), 422, "validation")
    assert told["errors"][0]["field"].startswith(field)


def test_a_net_that_does_not_run_here_is_not_tested(tester):
    problem(tester.post("accuracy/", body(model="Nobody's net")), 422, "unknown_model")


def test_a_test_of_too_few_pairs_is_not_begun(tester):
    problem(tester.post("accuracy/", body(pairs=body()["pairs"][:49])), 422, "too_few_pairs")
    assert tester.get("accuracy/").json()["items"] == []


def test_a_refusal_names_rule_remedy_and_decision(tester):
    asked = body(image_source="cctv", subject_class="suspect")
    told = problem(
        Program(new_tester(purpose="research_evaluation")).post("accuracy/", asked), 403, "no-rule"
    )
    assert told["decision"].startswith("rul_")
    assert told["remedy"]


def test_a_key_for_tests_opens_nothing_else(tester):
    for route, method in CALLS:
        if route not in FOR_TESTERS:
            answer = tester.call(method, address(route))
            assert answer.status_code == 403, (route, method)
            assert method == "HEAD" or answer.json()["code"] == "key_kind", (route, method)


def test_a_method_that_a_test_does_not_have_is_said_to_be_wrong(tester):
    test = begin(tester)
    problem(tester.call("PUT", f"/api/v1/accuracy/{test}/"), 405, "method_not_allowed")


def test_no_other_key_opens_tests(tester, alice):
    other = tester.side.new_key(scopes=[*EVERY_SCOPE, "test_accuracy"])
    wide = Program(tester.side, other.bearer)
    test = begin(tester)
    for program in (alice, wide):
        for route, method in CALLS:
            if route in FOR_TESTERS:
                problem(program.call(method, address(route, test=test)), 403, "key_kind")
    assert not Event.objects.filter(verb="accuracy.begun", actor=Actor.for_key(other.key).id).exists()


def test_a_stranger_finds_no_test_of_theirs(tester):
    test, stranger = begin(tester), Program(new_tester("Lakeside University"))
    for route in sorted(FOR_TESTERS - {"accuracy/"}):
        for method in dict.fromkeys(method for one, method in CALLS if one == route):
            real = stranger.call(method, address(route, test=test, pair="0000"))
            never = stranger.call(method, address(route, test=public_id("acc", uuid7()), pair="0000"))
            assert real.status_code == never.status_code
            assert real.content == never.content
    assert stranger.get("accuracy/").json()["items"] == []
    assert tester.get(f"accuracy/{test}/").json()["status"] == "open"


def test_sent_twice_under_one_idempotency_key_a_test_is_begun_once(tester):
    sent = {"Idempotency-Key": "once"}
    first, second = (tester.post("accuracy/", body(), **sent).json() for _ in range(2))
    assert first == second
    assert len(tester.get("accuracy/").json()["items"]) == 1


def test_people_are_as_many_as_the_tests_need():
    assert len({person(number) for number in range(340)}) == 340
