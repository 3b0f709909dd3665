"""Over HTTP: what is answered, and that no bad call ever finds more than a modelled error."""

import json

import pytest
from django.test import Client

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
