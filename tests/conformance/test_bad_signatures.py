"""Signatures that are wrong, late, used before, or of another kind, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from tests.conformance.clients import boto
from tests.conformance.sending import call, refused, send
from tests.support.accounts import Account

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

HERE = {"CollectionId": "signed"}


@pytest.fixture(scope="module")
def client(account: Account) -> Any:
    made = boto(account)
    made.create_collection(CollectionId="signed")
    return made


def _without_target(headers: dict[str, str]) -> dict[str, str]:
    return headers | {"Authorization": headers["Authorization"].replace(";x-amz-target", "")}


def test_a_clock_that_is_off_by_301_seconds_is_told_so(account: Account, client: Any) -> None:
    for seconds, words in ((-301, "Signature expired"), (330, "Signature not yet current")):
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        found = refused(account, "ListFaces", *call(account, "ListFaces", HERE, moment=moment))
        assert (found.name, words in found.message) == ("InvalidSignatureException", True)


SIGNATURES: dict[str, tuple[dict[str, Any], Callable[[dict[str, str]], dict[str, str]], str]] = {
    "another region": ({"region": "mars-1"}, dict, "InvalidSignatureException"),
    "another service": ({"service": "s3"}, dict, "InvalidSignatureException"),
    "another secret": ({"secret": "another"}, dict, "InvalidSignatureException"),
    "an unknown key": ({"key_id": "CKNOBODYNOBODYNOBODY"}, dict, "InvalidSignatureException"),
    "a session token": ({"token": "x"}, dict, "UnrecognizedClientException"),
    "the target unsigned": ({}, _without_target, "InvalidSignatureException"),
    "no signature": (
        {},
        lambda sent: {name: sent[name] for name in sent if name != "Authorization"},
        "MissingAuthenticationTokenException",
    ),
    "a key of REST": (
        {},
        lambda sent: sent | {"Authorization": "Bearer ck_x"},
        "IncompleteSignatureException",
    ),
    "another target": (
        {},
        lambda sent: sent | {"X-Amz-Target": "RekognitionService.DeleteCollection"},
        "InvalidSignatureException",
    ),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_bad_signature_is_named_as_aws_names_it(account: Account, client: Any, name: str) -> None:
    changes, change, error = SIGNATURES[name]
    headers, body = call(account, "ListFaces", HERE, **changes)

    assert refused(account, "ListFaces", change(headers), body).name == error


def test_a_change_sent_again_as_it_was_is_not_done_again(account: Account, client: Any) -> None:
    sent = call(account, "CreateUser", HERE | {"UserId": "once"})
    assert send(account, *sent).status == 200
    client.delete_user(CollectionId="signed", UserId="once")

    assert refused(account, "CreateUser", *sent).name == "ThrottlingException"
    assert client.list_users(CollectionId="signed")["Users"] == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods_are_refused_in_the_same_words(account: Account, method: str) -> None:
    answer = urllib3.request(method, f"{account.endpoint}/", retries=False)

    assert (answer.status, answer.json()["__type"]) == (405, "UnknownOperationException")
