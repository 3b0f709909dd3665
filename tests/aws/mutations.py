"""One signed call, and the ways to change it: those that matter and those that do not."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from portal.aws import sigv4
from portal.aws.sigv4 import Rejected, Request
from tests.aws.signing import REGION, signed

KEY_ID, SECRET = "CKMUTATIONMUTATION00", "wJalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 11, 29, 23, 58, 30, tzinfo=UTC)
REGIONS = frozenset({REGION, "us-east-1", "eu-central-1"})
BODY = {"CollectionId": "missing", "MaxResults": 10, "FaceIds": ["11111111-2222-3333-4444-555555555555"]}
OF_JAVASCRIPT = {  # what the AWS SDK for JavaScript signs besides
    "amz-sdk-invocation-id": "0d4a3fd0-7d6b-4b39-8a56-0d7e1d1c3f55",
    "amz-sdk-request": "attempt=1; max=3",
    "content-length": "103",
    "x-amz-content-sha256": "",
    "x-amz-user-agent": "aws-sdk-js/3.900.0",
}


@dataclass(frozen=True)
class Sent:
    """A request, a body and what it was changed in."""

    request: Request
    body: bytes
    change: str = "nothing"

    def with_header(self, name: str, value: str | None, change: str) -> Sent:
        """The same with another value of a header, or without it."""
        headers = {key: known for key, known in self.request.headers.items() if key != name}
        if value is not None:
            headers[name] = value
        return replace(self, request=replace(self.request, headers=headers), change=change)

    def with_body(self, body: bytes, change: str) -> Sent:
        """The same with another body, its hash told or not."""
        digest = hashlib.sha256(body).hexdigest()
        return replace(self, request=replace(self.request, body_hash=digest), body=body, change=change)

    def with_request(self, change: str, **values: str) -> Sent:
        """The same with another method, path or query."""
        return replace(self, request=replace(self.request, **values), change=change)


def let_on(sent: Sent, *, now: datetime = NOW) -> bool:
    """Tell whether a call would be let on, as the door asks: the key by its id, then the signature."""
    request = sent.request
    try:
        claim = sigv4.read(request.headers, request.query, now=now, service="rekognition", regions=REGIONS)
        if claim.access_key_id != KEY_ID:
            return False
        key = sigv4.signing_key(SECRET.encode(), day=claim.day, region=claim.region, service=claim.service)
        sigv4.check(request, claim, key)
    except Rejected:
        return False
    return True


def as_boto() -> Sent:
    """A call as boto3 and the AWS CLI sign it."""
    return _sent()


def as_javascript() -> Sent:
    """A call as the AWS SDK for JavaScript signs it."""
    body = as_boto().body
    more = {"x-amz-content-sha256": hashlib.sha256(body).hexdigest(), "content-length": str(len(body))}
    return _sent(**OF_JAVASCRIPT | more)


def _sent(**headers: str) -> Sent:
    sent, body = signed("SearchFaces", BODY, key_id=KEY_ID, secret=SECRET, moment=NOW, **headers)
    small = {name.lower(): value for name, value in sent.items()}
    request = Request("POST", "/rekognition/", "", small, hashlib.sha256(body).hexdigest())
    return Sent(request, body)


def that_matter(sent: Sent) -> Iterator[Sent]:
    """Every change that must not be let on."""
    ways = (_letters, _bodies, _values, _lists, _scopes, _moments, _additions, _lines, _secrets)
    return itertools.chain.from_iterable(way(sent) for way in ways)


def that_do_not(sent: Sent) -> Iterator[Sent]:
    """Every change that means nothing by the algorithm: spaces, order, unsigned headers that nobody reads."""
    headers, told = sent.request.headers, sent.request.headers["authorization"]
    turned = dict(reversed(headers.items()))
    yield replace(sent, request=replace(sent.request, headers=turned), change="order of headers")
    for name in _signed_names(sent):
        yield sent.with_header(name, f"  {headers[name]}\t ", f"spaces around {name}")
    agent = "Boto3/1.43  md/Botocore   ua/2.1"
    for name in ("user-agent", "accept", "x-forwarded-for", "x-amzn-trace-id", "cookie", "x-amz-cf-id"):
        yield sent.with_header(name, agent, f"unsigned {name}")
    yield sent.with_header("authorization", told.replace(", ", ","), "no spaces in authorization")
    yield sent.with_header("authorization", told.replace(", ", " ,   "), "more spaces in authorization")
    algorithm, rest = told.split(" ", 1)
    parts = ", ".join(reversed(rest.split(", ")))
    yield sent.with_header("authorization", f"{algorithm} {parts}", "order in authorization")
    for path in ("//rekognition/", "/./rekognition/", "/x/../rekognition/", "/rekognition//"):
        yield sent.with_request(f"path {path}", path=path)
    yield sent.with_request("an empty query", query="&")


def _letters(sent: Sent) -> Iterator[Sent]:
    """Each letter of the header that carries the signature is another one, or gone."""
    told = sent.request.headers["authorization"]
    for at, letter in enumerate(told):
        other = "x" if letter != "x" else "y"
        yield sent.with_header("authorization", told[:at] + other + told[at + 1 :], f"letter {at}")
        if letter != " ":  # those between the parts mean nothing
            yield sent.with_header("authorization", told[:at] + told[at + 1 :], f"without letter {at}")


def _bodies(sent: Sent) -> Iterator[Sent]:
    """Each byte of the body is another one; and it is shorter, longer, gone."""
    body = sent.body
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        yield sent.with_body(changed, f"byte {at}")
    for other in (b"", body[:-1], body + b" ", body + b"\0", body * 2, b"\xef\xbb\xbf" + body):
        yield sent.with_body(other, f"body {other[:20]!r}")


def _values(sent: Sent) -> Iterator[Sent]:
    """Each signed header has another value."""
    for name in _signed_names(sent):
        value = sent.request.headers[name]
        swapped = value.swapcase() if value.swapcase() != value else "y"
        others = {None, "", "x" + value, value + "x", value[1:], value[:-1], swapped, f"{value},{value}"}
        others |= {f"{value}, {value}", f"{value}\xa0", f"{value}\x85", f"\x0b{value}", f"{value}\n"}
        others |= {value.replace("0", "\u00b2"), value.replace("-", "--") + "z"}
        for other in others - {value}:
            yield sent.with_header(name, other, f"{name} {other!r}")


def _lists(sent: Sent) -> Iterator[Sent]:
    """SignedHeaders names others, or the same otherwise."""
    names = _signed_names(sent)
    lists = [names[:at] + names[at + 1 :] for at in range(len(names))]
    lists += [list(order) for order in itertools.islice(itertools.permutations(names), 1, 60)]
    lists += [[*names[:at], names[at], *names[at:]] for at in range(len(names))]
    lists += [
        [name.upper() if at == turn else name for at, name in enumerate(names)] for turn in range(len(names))
    ]
    lists += [sorted([*names, extra]) for extra in ("accept", "user-agent", "x-amz-security-token", "zzz")]
    lists += [[], [""], ["host"], ["*"], [*names, ""], ["host", "x-amz-date", "x-amz-target", "ho st"]]
    told = ";".join(names)
    for other in lists:
        line = sent.request.headers["authorization"].replace(
            f"SignedHeaders={told}", f"SignedHeaders={';'.join(other)}"
        )
        yield sent.with_header("authorization", line, f"signed {other}")


def _scopes(sent: Sent) -> Iterator[Sent]:
    """The scope is another one."""
    own = f"{KEY_ID}/20261129/{REGION}/rekognition/aws4_request"
    days = ("20261128", "20261130", "20251129", "2026112", "202611291", "")
    regions = (*sorted(REGIONS - {REGION}), REGION.upper(), "mars-1", "", "*", f"{REGION} ", "eu-west-1a")
    services = ("s3", "sts", "Rekognition", "rekognition ", "", "*", "execute-api")
    ends = ("aws4_request.", "aws3_request", "", "AWS4_REQUEST", "aws4_request/x")
    others = [own.replace("20261129", day) for day in days]
    others += [own.replace(REGION, region) for region in regions]
    others += [own.replace("/rekognition/", f"/{service}/") for service in services]
    others += [own.replace("aws4_request", end) for end in ends]
    others += [
        own.replace(KEY_ID, key_id) for key_id in ("", KEY_ID.lower(), f"{KEY_ID}/", "CKOTHEROTHEROTHER000")
    ]
    for other in others:
        line = sent.request.headers["authorization"].replace(own, other)
        yield sent.with_header("authorization", line, f"scope {other}")


def _moments(sent: Sent) -> Iterator[Sent]:
    """The date is another one, also one that is near enough."""
    for seconds in (-301, -300, -60, -2, -1, 1, 2, 60, 89, 90, 300, 301, 86_400):
        moment = (NOW + timedelta(seconds=seconds)).strftime("%Y%m%dT%H%M%SZ")
        yield sent.with_header("x-amz-date", moment, f"{seconds} seconds")
    odd = ("20261129T235830", "20261129 235830Z", "2026-11-29T23:58:30Z", "20261129T235860Z")
    digits = "\u0662\u0660\u0662\u06611129T235830Z"  # the same number in other digits
    for moment in (*odd, digits, "20261329T235830Z", "20261129t235830z"):
        yield sent.with_header("x-amz-date", moment, f"date {moment}")


def _additions(sent: Sent) -> Iterator[Sent]:
    """What is read is added unsigned, or the call says to be another kind of call."""
    for name in ("x-amz-security-token", "x-amz-content-sha256", "x-amz-meta-x", "x-amz-api-version"):
        if name not in sent.request.headers:
            yield sent.with_header(name, "UNSIGNED-PAYLOAD", f"unsigned {name}")
    yield sent.with_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD", "hash not signed")
    yield sent.with_header("x-amz-content-sha256", "0" * 64, "hash of another body")
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Signature=y"
    for added in (
        query,
        query.lower(),
        "X-Amz-Signature=x",
        "a=b",
        "a",
        "a=%41",
        "=",
        "x-amz-security-token",
    ):
        yield sent.with_request(f"query {added}", query=added)


def _lines(sent: Sent) -> Iterator[Sent]:
    """Another method, another path, another or a second Authorization."""
    for method in ("GET", "PUT", "post", "HEAD", "DELETE", "OPTIONS", ""):
        yield sent.with_request(f"method {method}", method=method)
    paths = ("/", "/rekognition", "/REKOGNITION/", "/rekognition/x", "/rekognition/%2e/", "/%72ekognition/",
             "/rekognition/..", "", "/api/v1/rekognition/", "/rekognition/;x")  # fmt: skip
    for path in paths:
        yield sent.with_request(f"path {path}", path=path)
    told = sent.request.headers["authorization"]
    twice = (f"{told},{told}", f"{told}, {told}", f"{told}, Extra=1", f" {told}")
    otherwise = (told.replace("AWS4-HMAC", "AWS4-ECDSA"), told.lower(), told.upper(), told.replace("=", ":"))
    for other in (None, "", "Bearer ck_x", *twice, *otherwise):
        yield sent.with_header("authorization", other, f"authorization {str(other)[:30]}")


def _secrets(sent: Sent) -> Iterator[Sent]:
    """Signed with another secret, or for another key; or the signature is written otherwise."""
    for secret in (SECRET[:-1], SECRET + "x", SECRET.swapcase(), "x", f"AWS4{SECRET}"):
        made, _ = signed("SearchFaces", BODY, key_id=KEY_ID, secret=secret, moment=NOW)
        yield sent.with_header("authorization", made["Authorization"], f"secret {secret[:4]}")
    told = sent.request.headers["authorization"]
    head, _, signature = told.partition("Signature=")
    for other in (
        signature.upper(),
        signature[::-1],
        signature[:32],
        signature * 2,
        "0" * 64,
        "",
        signature + "=",
    ):
        yield sent.with_header("authorization", f"{head}Signature={other}", f"signature {other[:8]}")


def _signed_names(sent: Sent) -> list[str]:
    line = sent.request.headers["authorization"]
    return line.partition("SignedHeaders=")[2].partition(",")[0].split(";")
