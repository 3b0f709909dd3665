"""The published test vectors of Signature Version 4; where they come from: vectors/README.md."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from portal.aws import sigv4
from portal.aws.sigv4 import Rejected, Request

SECRET = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
VECTORS = json.loads((Path(__file__).parent / "vectors" / "sigv4.json").read_text())
WRITTEN = [vector for vector in VECTORS if "creq" in vector]
EVERY = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])


def received(text: str) -> Request:
    """The request of a vector as a web server hands it on: every character a byte."""
    head, _, body = text.encode().decode("latin-1").partition("\n\n")
    first, *lines = head.split("\n")
    method, _, target = first.removesuffix(" HTTP/1.1").partition(" ")
    path, _, query = target.partition("?")
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        known = headers.get(name.lower())
        headers[name.lower()] = value.strip() if known is None else f"{known},{value.strip()}"
    return Request(method, path, query, headers, hashlib.sha256(body.encode("latin-1")).hexdigest())


@pytest.mark.parametrize("vector", WRITTEN, ids=[vector["name"] for vector in WRITTEN])
def test_a_vector_is_written_in_its_canonical_form(vector: dict[str, Any]) -> None:
    request, claim = received(vector["req"]), sigv4.parse(vector["authz"], "20150830T123600Z")

    assert sigv4.canonical_request(request, claim.signed_headers) == vector["creq"]
    assert sigv4.string_to_sign(request, claim) == vector["sts"]


@EVERY
def test_the_signature_of_a_vector_is_right(vector: dict[str, Any]) -> None:
    claim = sigv4.parse(vector["authz"], "20150830T123600Z")
    key = sigv4.signing_key(SECRET, day="20150830", region="us-east-1", service="service")

    sigv4.check(received(vector["req"]), claim, key)


@EVERY
def test_the_signature_of_a_vector_is_wrong_under_another_secret(vector: dict[str, Any]) -> None:
    claim = sigv4.parse(vector["authz"], "20150830T123600Z")
    key = sigv4.signing_key(SECRET + b"x", day="20150830", region="us-east-1", service="service")

    with pytest.raises(Rejected, match="InvalidSignatureException"):
        sigv4.check(received(vector["req"]), claim, key)


@pytest.mark.parametrize(
    ("sent", "canonical"), [("/%20/foo", "/%2520/foo"), ("/%E1%88%B4", "/%25E1%2588%25B4"), ("", "/")]
)
def test_a_path_is_encoded_once_more(sent: str, canonical: str) -> None:
    assert sigv4.canonical_path(sent) == canonical


def test_there_are_as_many_vectors_as_their_source_says() -> None:
    assert (len(VECTORS), len(WRITTEN)) == (30, 26)
