"""Over HTTP: what is answered, and that no bad call ever finds more than a modelled error."""

import json

import pytest
from django.test import Client

from portal.tenancy import rates
from tests.aws.conftest import FACTS
from tests.aws.signing import signed
from tests.support.world import World, new_world

WRONG = [
    ("CreateCollection", b" ", "SerializationException"),
    ("CreateCollection", b"\xff{", "SerializationException"),
    ("CreateCollection", b'{"CollectionId": "a b"}', "InvalidParameterException"),
    ("DescribeCollection", b'{"CollectionId": "never"}', "ResourceNotFoundException"),
    ("ListCollections", b'{"NextToken": "x"}', "InvalidPaginationTokenException"),
    ("DetectLabels", b"{}", "AccessDeniedException"),
    ("Nonsense", b"{}", "UnknownOperationException"),
]


@pytest.fixture
def world(database: None) -> World:
    return new_world()


def send(key, operation, values, path="/rekognition/", **headers):
    known = {"key_id": key.key.access_key_id, "secret": key.secret_access_key}
    address = f"http://testserver{path}"
    sent, body = signed(operation, values, address=address, **known, **headers)
    kind = sent.pop("Content-Type")
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    return client.post(path, body, content_type=kind, headers=sent)


def told(answer):
    return json.loads(answer.content)


@pytest.mark.parametrize("path", ["/rekognition", "/rekognition/"])
def test_a_signed_call_is_answered(world, path):
    key = world.alice.new_key(defaults=FACTS)
    made = send(key, "CreateCollection", {"CollectionId": "children"}, path)
    assert (made.status_code, made["Content-Type"]) == (200, "application/x-amz-json-1.1")
    assert told(made)["CollectionArn"].startswith("arn:aws:rekognition:eu-west-1:")
    assert (made["Cache-Control"], len(made["x-amzn-RequestId"])) == ("no-store", 36)
    assert told(send(key, "ListCollections", {}, path))["CollectionIds"] == ["children"]


@pytest.mark.parametrize(("operation", "body", "name"), WRONG)
def test_what_is_wrong_is_answered_by_its_name(world, operation, body, name):
    answer = send(world.alice.key, operation, body)
    error = told(answer)
    assert (answer.status_code, error["__type"], answer["x-amzn-ErrorType"]) == (400, name, name)
    assert error["Message"]
    assert b"Traceback" not in answer.content
    assert answer["x-amzn-RequestId"]


@pytest.fixture
def few(settings, monkeypatch):
    settings.REST_CALLS_PER_MINUTE = {"read": 2, "write": 1, "upload": 1}
    monkeypatch.setattr(rates, "WINDOW_SECONDS", 10**12)  # no minute ends while a test counts


def test_every_answer_says_what_is_left_of_the_minute_as_over_rest(world, few):
    answers = [
        send(world.alice.key, "ListCollections", {}),
        send(world.alice.key, "DescribeCollection", {"CollectionId": "never"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"2"}
    assert not any(answer.has_header("Retry-After") for answer in answers)


def test_a_call_too_many_says_when_to_come_again(world, few):
    answers = [send(world.alice.key, "ListCollections", {}) for _ in range(3)]
    assert told(answers[2])["__type"] == "ProvisionedThroughputExceededException"
    assert answers[2]["RateLimit-Remaining"] == "0"
    assert answers[2]["Retry-After"] == answers[2]["RateLimit-Reset"]


def test_a_call_that_nobody_signed_is_turned_away(world):
    answer = Client().post("/rekognition", b"{}", content_type="application/x-amz-json-1.1")
    assert answer.status_code == 400
    assert told(answer)["__type"] in {"MissingAuthenticationTokenException", "IncompleteSignatureException"}


def test_the_address_takes_post_only(world):
    answer = Client().get("/rekognition")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert told(answer)["__type"] == "UnknownOperationException"


def test_a_missing_fact_is_an_access_denied_that_names_the_remedy(world):
    answer = send(world.alice.new_key(defaults={}), "CreateCollection", {"CollectionId": "children"})
    assert (answer.status_code, told(answer)["__type"]) == (400, "AccessDeniedException")
    assert "legal_basis" in told(answer)["Message"]
    assert answer["x-countenance-code"] == "fact_missing"
