"""Conditional requests (RFC 9110): what a program has already is not sent again, or changed unseen.

An `ETag` is a digest of the answer's bytes. `If-Match` is looked at right before a change: it tells a program
that somebody else changed the thing since it was read. It is no lock for two changes at the same instant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags, quote_etag
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

_LONGEST = 32  # hexadecimal digits: 128 bits
_OK = 200


class Changed(exceptions.APIException):
    """The thing is not any more what the program read."""

    status_code = 412
    default_code = "changed_meanwhile"
    default_detail = "This was changed meanwhile. Read it again."


def tag_of(body: bytes) -> str:
    """Return the ETag of an answer."""
    return quote_etag(hashlib.sha256(body).hexdigest()[:_LONGEST])


def is_known(request: Request, tag: str) -> bool:
    """Tell whether the program has this answer already."""
    named = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in named or tag in {one.removeprefix("W/") for one in named}


def answer_once(request: Request) -> Callable[[Any], HttpResponse | None]:
    """Return what tags an answer once it is rendered, and puts a 304 in its place where it is known."""

    def tagged(response: Response) -> HttpResponse | None:
        tag = tag_of(response.rendered_content)
        response["ETag"] = tag
        if not is_known(request, tag):
            return None
        unchanged = HttpResponseNotModified()
        kept = {name: value for name, value in response.items() if not name.startswith("Content-")}
        for name, value in kept.items():
            unchanged[name] = value
        return unchanged

    return tagged


def is_tagged(request: Request, response: Any) -> bool:
    """Tell whether an answer gets a tag: documents that were read, and no streams."""
    is_read = request.method in {"GET", "HEAD"}
    return is_read and isinstance(response, Response) and response.status_code == _OK


def require_unchanged(request: Request, current: Callable[[], Response]) -> None:
    """Let a change through only while the thing is what the program read; always where it names nothing.

    Raises:
        Changed: Somebody else was faster.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    if tag_of(JSONRenderer().render(current().data)) not in parse_etags(header):
        raise Changed()
