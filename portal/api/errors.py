"""Errors as problem documents (RFC 9457): a code for programs, a sentence for people.

A refusal also says which rule, what can be done, where the rule comes from and the id of its ruling, so that
it can never be taken for "nobody found".
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from portal.common import outages
from portal.common.errors import Conflict, DomainError, InvalidInput, NotFound, Refused, Unavailable

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
_KINDS: dict[type[DomainError], tuple[int, str]] = {
    Refused: (403, "Refused"),
    NotFound: (404, "Not found"),
    Conflict: (409, "Not possible now"),
    InvalidInput: (422, "Not valid"),
    Unavailable: (503, "Not possible at the moment"),
}
# What an answer carries besides the sentence; anything else in the detail of an error stays inside.
_SHOWN = ("rule", "outcome", "remedy", "source", "job", "made")
_CODES = {
    exceptions.ParseError: "parse_error",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.Throttled: "throttled",
}


class BodyTooLarge(exceptions.APIException):
    """The body has more bytes than this address takes."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is larger than this address takes. Send it in parts."


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer for whatever a view raised."""
    error = outages.of(error) or error
    answer = next((answer for kind, answer in _ANSWERS if isinstance(error, kind)), _unexpected)
    return answer(error)


def problem(status: int, code: str, detail: str, *, title: str = "", **more: Any) -> Response:
    """Return a problem document."""
    data = {
        "type": f"urn:countenance:problem:{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return Response(data, status=status, content_type=CONTENT_TYPE)


def _of_domain(error: DomainError) -> Response:
    found = next((answer for kind, answer in _KINDS.items() if isinstance(error, kind)), None)
    if found is None:  # say, stored bytes that do not open: nothing the caller did
        return _unexpected(error)
    status, title = found
    more: dict[str, Any] = {name: error.detail[name] for name in _SHOWN if name in error.detail}
    if decision := error.detail.get("ruling") or error.detail.get("decision"):
        more["decision"] = decision
        more["ruling"] = {"id": decision, "sentence": error.sentence} | more
        del more["ruling"]["decision"]
    if field := error.detail.get("field"):
        more["errors"] = [{"field": str(field), "code": error.code, "detail": error.sentence}]
    response = problem(status, error.code, error.sentence, title=title, **more)
    if wait := error.detail.get("retry_seconds"):
        response["Retry-After"] = str(wait)
    return response


def _of_fields(error: exceptions.ValidationError) -> Response:
    errors = [
        {"field": field, "code": str(getattr(one, "code", "invalid")), "detail": str(one)}
        for field, one in _flat(error.detail)
    ]
    return problem(
        422,
        "validation",
        "Some values are missing or not valid; see errors.",
        title="Not valid",
        errors=errors,
    )


def _flat(detail: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (field, error) of a validation error, however deep it is nested."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _flat(inner, ".".join(filter(None, (field, own))))
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _flat(inner, field)
    else:
        yield field, detail


def _of_framework(error: exceptions.APIException) -> Response:
    found = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
    code = found or str(getattr(error.detail, "code", error.default_code))
    response = problem(error.status_code, code, str(error.detail))
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(wait)
    return response


def _unexpected(error: Exception) -> Response:
    """Log an error of ours under a reference, and tell the caller nothing but the reference."""
    reference = uuid4().hex[:12]
    logger.error("Unexpected error, reference %s", reference, exc_info=error)
    sentence = (
        f"Something went wrong, reference {reference}. Nothing about it is your fault; try again later."
    )
    return problem(500, "internal", sentence, reference=reference)


# The first kind that fits answers.
_ANSWERS: tuple[tuple[type[Exception], Callable[[Any], Response]], ...] = (
    (DomainError, _of_domain),
    (exceptions.ValidationError, _of_fields),
    (exceptions.APIException, _of_framework),
    (Http404, lambda error: _of_domain(NotFound())),
    (RequestDataTooBig, lambda error: _of_framework(BodyTooLarge())),
    # JSON nested deeper than Python reads.
    (RecursionError, lambda error: _of_framework(exceptions.ParseError("Nested too deep."))),
    (SuspiciousOperation, lambda error: problem(400, "bad_request", "This request cannot be read.")),
)
