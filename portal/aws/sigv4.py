"""AWS Signature Version 4, checked: plain Python over the standard library's HMAC.

The canonical request is rebuilt from what the caller says it signed (`SignedHeaders`), so that every client
is understood whatever it signs; what decides about a call has to be among it. Source of the algorithm and of
the names of errors: "AWS Signature Version 4 for API requests" in the AWS IAM User Guide; the JSON services
of AWS answer each of these errors with status 400. No sentence repeats what a caller sent, but for its date.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NoReturn
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
CLOCK = timedelta(seconds=300)  # so far a caller's clock may be off, either way
SIGNATURE_DIFFERS = (
    "The request signature we calculated does not match the signature you provided. Check the access key id, "
    "the secret access key and the signing method."
)
_SHA256 = "sha256"
_FIELDS = frozenset({"Credential", "SignedHeaders", "Signature"})
_SCOPE_PARTS = 5
_ALWAYS_SIGNED = frozenset({"host", "x-amz-date", "x-amz-target"})
_ADDED_ON_THE_WAY = frozenset({"x-amz-cf-id"})  # by a content delivery network, behind the caller's back
_QUERY_FORM = re.compile(r"(?:^|&)x-amz-(?:algorithm|credential|signature|security-token)(?:=|&|$)", re.I)
_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_OWS = " \t"  # what may stand around a header's value
_SPACES = re.compile(r"[ \t]+")


class Rejected(Exception):
    """The call is not let on: an error's name as AWS services give it, and a sentence."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name = name
        self.sentence = sentence


@dataclass(frozen=True)
class Request:
    """What was sent, as far as a signature speaks of it.

    Attributes:
        method: In capitals.
        path: Percent-encoded as it was sent, without the query.
        query: As it was sent, without the question mark.
        headers: Names in small letters; a character is a byte, as WSGI has it; what came several times under
            one name is joined by commas in the order it came.
        body_hash: SHA-256 of the body that was received, 64 hex digits: never what the caller says it is.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body_hash: str


@dataclass(frozen=True)
class Claim:
    """Who says to have signed, when and what; nothing of it is proven before `check`.

    Attributes:
        moment: As it was sent, `YYYYMMDDTHHMMSSZ`.
        day: Of the scope, `YYYYMMDD`.
        signed_headers: Names in small letters, in order.
        signature: 64 hex digits.
    """

    access_key_id: str
    moment: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str = field(repr=False)

    @property
    def scope(self) -> str:
        """The scope that the signing key was made for."""
        return f"{self.day}/{self.region}/{self.service}/{TERMINATOR}"


def read(
    headers: Mapping[str, str], query: str, *, now: datetime, service: str, regions: Collection[str]
) -> Claim:
    """Return what a request claims, after every check that needs no secret and no body.

    Args:
        headers: As in `Request`.
        query: As in `Request`.
        now: With a time zone.
        service: The one name of a service that a scope may carry.
        regions: The names of regions that a scope may carry.

    Raises:
        Rejected: `MissingAuthenticationTokenException`, `IncompleteSignatureException`,
            `UnrecognizedClientException` (a session token), `InvalidSignatureException` (scope or clock).
    """
    _refuse_other_ways(headers, query)
    claim = parse(headers["authorization"], headers.get("x-amz-date", "").strip(_OWS))
    _check_scope(claim, service, regions)
    _check_signed(claim.signed_headers, headers)
    _check_clock(claim.moment, now)
    return claim


def parse(authorization: str, moment: str) -> Claim:
    """Return what the two headers `Authorization` and `X-Amz-Date` say, whatever it is worth.

    Raises:
        Rejected: `IncompleteSignatureException`; `InvalidSignatureException` for another terminator.
    """
    fields = _fields(authorization)
    parts = fields["Credential"].split("/")
    if len(parts) != _SCOPE_PARTS or not parts[0]:
        _incomplete("Credential must have exactly 5 parts: key id/date/region/service/aws4_request.")
    if parts[-1] != TERMINATOR:
        _invalid(f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.")
    if not _MOMENT.fullmatch(moment):
        _incomplete("The request requires an X-Amz-Date header of the form YYYYMMDD'T'HHMMSS'Z'.")
    if not _SIGNATURE.fullmatch(fields["Signature"]):
        _incomplete("Signature must be 64 hexadecimal digits in small letters.")
    key_id, day, region, service, _ = parts
    return Claim(key_id, moment, day, region, service, _names(fields["SignedHeaders"]), fields["Signature"])


def signing_key(secret: bytes, *, day: str, region: str, service: str) -> bytes:
    """Return the key that signs for one day, region and service, 32 bytes."""
    key = b"AWS4" + secret
    for part in (day, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), _SHA256)
    return key


def check(request: Request, claim: Claim, key: bytes) -> None:
    """Hold a signature against what was received, in constant time.

    Args:
        request: What was received.
        claim: What `read` returned for it.
        key: What `signing_key` returned for the claim's key and scope.

    Raises:
        Rejected: `InvalidSignatureException`.
    """
    told_hash = request.headers.get("x-amz-content-sha256", request.body_hash).strip(_OWS)
    right = hmac.compare_digest(signature(request, claim, key), claim.signature)
    if not right or told_hash != request.body_hash:
        _invalid(SIGNATURE_DIFFERS)


def signature(request: Request, claim: Claim, key: bytes) -> str:
    """Return the signature that a request has to carry, 64 hex digits."""
    return hmac.digest(key, string_to_sign(request, claim).encode("latin-1"), _SHA256).hex()


def string_to_sign(request: Request, claim: Claim) -> str:
    """Return what is signed: algorithm, moment, scope and the hash of the canonical request."""
    canonical = sha256(canonical_request(request, claim.signed_headers).encode("latin-1")).hexdigest()
    return f"{ALGORITHM}\n{claim.moment}\n{claim.scope}\n{canonical}"


def canonical_request(request: Request, signed_headers: Collection[str]) -> str:
    """Return a request in the one form that everybody writes it in; a header that did not come is empty."""
    headers = request.headers
    lines = [f"{name}:{_SPACES.sub(' ', headers.get(name, '')).strip(_OWS)}" for name in signed_headers]
    return "\n".join(
        (
            request.method,
            canonical_path(request.path),
            canonical_query(request.query),
            *lines,
            "",
            ";".join(signed_headers),
            request.body_hash,
        )
    )


def canonical_path(path: str) -> str:
    """Return a path without empty and dotted parts, encoded once more, as every service but S3 has it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(quote(part.encode("latin-1"), safe="-_.~"))
    ends = "/" if parts and path.endswith("/") else ""
    return f"/{'/'.join(parts)}{ends}"


def canonical_query(query: str) -> str:
    """Return names and values, encoded the one way, in the order of names and then of values."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(
        f"{name}={value}" for name, value in sorted((_encoded(n), _encoded(v)) for n, _, v in pairs)
    )


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="-_.~")


def _refuse_other_ways(headers: Mapping[str, str], query: str) -> None:
    if _QUERY_FORM.search(query):
        _incomplete("Signed addresses are not taken here: sign the call in its Authorization header.")
    if "authorization" not in headers:
        raise Rejected("MissingAuthenticationTokenException", "Missing Authentication Token.")
    if "x-amz-security-token" in headers:
        raise Rejected(
            "UnrecognizedClientException",
            "The security token included in the request is invalid. Session tokens are not issued here: use "
            "an access key id and its secret access key alone.",
        )


def _fields(authorization: str) -> dict[str, str]:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        _incomplete(f"The Authorization header has to begin with {ALGORITHM}.")
    pairs = [pair.strip(" ").partition("=") for pair in rest.split(",")]
    fields = {name: value for name, _, value in pairs}
    if len(pairs) != len(_FIELDS) or set(fields) != _FIELDS:
        _incomplete("The Authorization header requires Credential, SignedHeaders and Signature, each once.")
    return fields


def _names(signed_headers: str) -> tuple[str, ...]:
    names = tuple(signed_headers.split(";"))
    if list(names) != sorted(set(names)) or not all(_HEADER_NAME.fullmatch(name) for name in names):
        _incomplete("SignedHeaders must be names in small letters, in order, each once.")
    return names


def _check_scope(claim: Claim, service: str, regions: Collection[str]) -> None:
    if not claim.moment.startswith(f"{claim.day}T"):
        _invalid("Date in Credential scope does not match the day of X-Amz-Date.")
    if claim.region not in regions:
        _invalid("Credential should be scoped to a valid region.")
    if claim.service != service:
        _invalid(f"Credential should be scoped to correct service: '{service}'.")


def _check_signed(names: tuple[str, ...], headers: Mapping[str, str]) -> None:
    own = {name for name in headers if name == "content-type" or name.startswith("x-amz-")}
    unsigned = (own | _ALWAYS_SIGNED) - _ADDED_ON_THE_WAY - set(names)
    if unsigned:
        _invalid(
            "Host, Content-Type and every X-Amz- header must be a SignedHeader in the Authorization header."
        )
    if missing := [name for name in names if name not in headers]:
        _invalid(f"{len(missing)} of the SignedHeaders did not come with the request.")


def _check_clock(moment: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        _incomplete("X-Amz-Date is no moment that there is.")
    earliest, latest = now - CLOCK, now + CLOCK
    if signed_at < earliest:
        _invalid(
            f"Signature expired: {moment} is now earlier than {_basic(earliest)} ({_basic(now)} - 5 min.)"
        )
    if signed_at > latest:
        then = f"{_basic(latest)} ({_basic(now)} + 5 min.)"
        _invalid(f"Signature not yet current: {moment} is still later than {then}")


def _basic(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _incomplete(sentence: str) -> NoReturn:
    raise Rejected("IncompleteSignatureException", sentence)


def _invalid(sentence: str) -> NoReturn:
    raise Rejected("InvalidSignatureException", sentence)
