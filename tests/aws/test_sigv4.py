"""Signatures: what is let on, what is not, and by which name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.aws import sigv4
from portal.aws.sigv4 import Rejected
from tests.aws import mutations
from tests.aws.mutations import NOW, REGION, REGIONS, Sent, as_boto, as_javascript, let_on

BOTH = pytest.mark.parametrize("client", [as_boto, as_javascript])


@BOTH
def test_a_call_as_a_real_client_signs_it_is_let_on(client: Callable[[], Sent]) -> None:
    assert let_on(client())


@BOTH
def test_no_changed_call_is_let_on(client: Callable[[], Sent]) -> None:
    changed = list(mutations.that_matter(client()))

    assert len(changed) >= 500
    assert [sent.change for sent in changed if let_on(sent)] == []


@BOTH
def test_what_means_nothing_by_the_algorithm_is_let_on(client: Callable[[], Sent]) -> None:
    changed = list(mutations.that_do_not(client()))

    assert len(changed) >= 18
    assert [sent.change for sent in changed if not let_on(sent)] == []


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_clock_may_be_off_by_five_minutes(seconds: int) -> None:
    assert let_on(as_boto(), now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "words"), [(301, "Signature expired"), (-301, "not yet current")])
def test_a_clock_that_is_further_off_is_told_both_times(seconds: int, words: str) -> None:
    with pytest.raises(Rejected, match=f"InvalidSignatureException: .*{words}: 20261129T235830Z .* 5 min"):
        _read(as_boto(), now=NOW + timedelta(seconds=seconds))


def _authorization(**changes: str) -> Callable[[Sent], Sent]:
    def changed(sent: Sent) -> Sent:
        line = sent.request.headers["authorization"]
        for old, new in changes.items():
            line = line.replace(old, new)
        return sent.with_header("authorization", line, "authorization")

    return changed


def _header(name: str, value: str | None) -> Callable[[Sent], Sent]:
    return lambda sent: sent.with_header(name, value, name)


def _signature_in_capitals(sent: Sent) -> Sent:
    return sent.with_header("authorization", sent.request.headers["authorization"][:-64] + "A" * 64, "")


def _as_address(sent: Sent) -> Sent:
    return sent.with_request("", query="X-Amz-Signature=x")


_OUT_OF_ORDER = _authorization(**{"x-amz-date;": "", "host;": "x-amz-date;host;"})
INCOMPLETE = {
    "a key of the other interface": (_header("authorization", "Bearer ck_x"), "begin with AWS4-HMAC-SHA256"),
    "a signed address": (_as_address, "Signed addresses are not taken"),
    "a part missing": (_authorization(Signature="Sign"), "each once"),
    "a scope cut short": (_authorization(**{"/rekognition": ""}), "5 parts"),
    "names out of order": (_OUT_OF_ORDER, "in order"),
    "no date": (_header("x-amz-date", None), "X-Amz-Date header"),
    "a date that never was": (_header("x-amz-date", "20261129T256199Z"), "no moment"),
    "a signature in capitals": (_signature_in_capitals, "64 hexadecimal digits"),
}
INVALID = {
    "another terminator": (_authorization(aws4_request="aws5"), "valid terminator"),
    "another region": (_authorization(**{REGION: "mars-1"}), "valid region"),
    "another service": (_authorization(rekognition="s3"), "correct service"),
    "another day": (_authorization(**{"20261129": "20261128"}), "Date in Credential scope"),
    "the target not signed": (_authorization(**{";x-amz-target": ""}), "must be a SignedHeader"),
    "a header that did not come": (_authorization(**{"x-amz-target": "x-amz-target;zzz"}), "did not come"),
}
OTHERS = {
    "MissingAuthenticationTokenException": (_header("authorization", None), "Missing"),
    "UnrecognizedClientException": (_header("x-amz-security-token", "x"), "Session tokens are not issued"),
}
NAMES = [
    *(("IncompleteSignatureException", *found) for found in INCOMPLETE.values()),
    *(("InvalidSignatureException", *found) for found in INVALID.values()),
    *((name, *found) for name, found in OTHERS.items()),
]


@pytest.mark.parametrize(("error", "change", "words"), NAMES, ids=[*INCOMPLETE, *INVALID, *OTHERS])
def test_what_is_wrong_is_named_as_aws_names_it(
    error: str, change: Callable[[Sent], Sent], words: str
) -> None:
    with pytest.raises(Rejected, match=words) as caught:
        _read(change(as_boto()))

    assert caught.value.name == error


def test_a_wrong_signature_is_said_to_differ_and_no_more() -> None:
    sent = as_boto()
    claim = sigv4.parse(sent.request.headers["authorization"], sent.request.headers["x-amz-date"])

    with pytest.raises(Rejected) as caught:
        sigv4.check(sent.request, claim, bytes(32))

    assert (caught.value.name, caught.value.sentence) == (
        "InvalidSignatureException",
        sigv4.SIGNATURE_DIFFERS,
    )
    assert claim.signature not in repr(claim)


def test_a_query_is_written_in_order_and_encoded_one_way() -> None:
    assert sigv4.canonical_query("b=2&a=%41+&a&%7E=~&c=x=y") == "a=&a=A%2B&b=2&c=x%3Dy&~=~"


def _read(sent: Sent, *, now: object = NOW) -> None:
    request = sent.request
    sigv4.read(request.headers, request.query, now=now, service="rekognition", regions=REGIONS)
