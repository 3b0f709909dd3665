"""Calls that no client would send: anything signed, or signed wrongly, over plain HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import urllib3

from tests.aws.signing import signed
from tests.conformance import model
from tests.support.accounts import Account


@dataclass(frozen=True)
class Refusal:
    """An error as it was answered."""

    name: str
    message: str
    headers: Any


def call(account: Account, operation: str, values: Any, **changes: Any) -> Any:
    """Return the headers and the body of a call that is signed well unless changed."""
    known = {"key_id": account.key_id, "secret": account.secret, "address": f"{account.endpoint}/"}
    return signed(operation, values, **known | changes)


def send(account: Account, headers: dict[str, str], body: bytes) -> urllib3.BaseHTTPResponse:
    return urllib3.request("POST", f"{account.endpoint}/", headers=headers, body=body, retries=False)


def refused(account: Account, operation: str, headers: dict[str, str], body: bytes) -> Refusal:
    """Send a call, and return the error; it is one that clients know, and it shows nothing of the inside."""
    answer = send(account, headers, body)
    return refusal(operation, answer)


def refusal(operation: str, answer: urllib3.BaseHTTPResponse) -> Refusal:
    """Return the error of an answer, checked."""
    assert answer.status == 400, (answer.status, answer.data[:500])
    told = json.loads(answer.data)
    assert model.is_error_of(operation, told["__type"]), told
    assert answer.headers["x-amzn-RequestId"]
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    for inside in (b"Traceback", b'File \\"', b"psycopg", b"DETAIL:", b"portal."):
        assert inside not in answer.data, told
    return Refusal(told["__type"], told["Message"], answer.headers)
