"""The published log, for programs of outsiders: checkpoint, keys, entries, proofs, and what verifies them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal.audit import log
from portal.common.errors import DomainError, InvalidInput, NotFound
from portal.web.public import limits

MOST_ENTRIES: Final = 1000  # of one answer
TEXT: Final = "text/plain; charset=utf-8"
_LARGEST: Final = 2**63 - 1
_SOON: Final = "public, max-age=3"  # the log grows every few seconds
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # what a size or place says never changes

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _public(view: View[P]) -> View[P]:
    """Count the reader, and turn what is wrong into a problem document."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if wait := limits.wait_seconds(request):
            return _too_many(wait)
        try:
            response = view(request, *args, **kwargs)
        except DomainError as error:
            return _problem(404 if isinstance(error, NotFound) else 422, error)
        response["Access-Control-Allow-Origin"] = "*"  # public: pages elsewhere may verify it
        return response

    return answer


@_public
def checkpoint(request: HttpRequest) -> HttpResponse:
    """Answer with the newest checkpoint, a C2SP signed note."""
    newest = log.newest()
    if newest is None:
        raise NotFound("log_empty", "Nothing is published yet: the log begins with the first event.")
    return _text(newest.note, _SOON)


@_public
def key(request: HttpRequest) -> HttpResponse:
    """Answer with the verifier's keys, one a line: the one that signs now, then those before it."""
    return _text("".join(f"{one}\n" for one in log.verifier_keys()), "public, max-age=300")


@_public
def entries(request: HttpRequest) -> HttpResponse:
    """Answer with entries from `start` to `end`, both included, as JSON lines; at most a page of them."""
    size, start = log.size(), _number(request, "start")
    end = _number(request, "end") if "end" in request.GET else start + MOST_ENTRIES - 1
    if end < start:
        raise _out_of_range("end", f"The end {end} comes before the start {start}.")
    if start > size:
        raise _out_of_range("start", f"The log has {size} entries, the first is 0.")
    last = min(end, start + MOST_ENTRIES - 1, size - 1)
    lines = "".join(json.dumps(one) + "\n" for one in log.entries(start, last))
    response = HttpResponse(lines, content_type="application/x-ndjson")
    # Short of what was asked for because the log ends here, the answer is another one soon.
    response["Cache-Control"] = _SOON if last == size - 1 and last < end else _FOR_EVER
    return response


@_public
def inclusion(request: HttpRequest) -> HttpResponse:
    """Answer with the proof that the entry at `index` stands in the log of `size` entries."""
    index, size = _number(request, "index"), _size(request, "size")
    if index >= size:
        raise _out_of_range("index", f"A log of {size} entries has no entry {index}; the first is 0.")
    return _proof(log.inclusions([index], size)[index], index=index, size=size)


@_public
def consistency(request: HttpRequest) -> HttpResponse:
    """Answer with the proof that the log of `from` entries is the beginning of that of `to`."""
    first, second = _number(request, "from"), _size(request, "to")
    if first > second:
        raise _out_of_range("from", f"A log of {second} entries does not begin with {first}.")
    return _proof(log.consistency(first, second), **{"from": first, "to": second})


@_public
def verifier(request: HttpRequest) -> HttpResponse:
    """Answer with the program that verifies all this."""
    response = HttpResponse(log.verifier(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verifier.py"'
    response["Cache-Control"] = "public, max-age=300"
    return response


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_LARGEST)) or int(text) > _LARGEST:
        raise InvalidInput("bad_number", f"Give {name} as a whole number from 0 on.", field=name)
    return int(text)


def _size(request: HttpRequest, name: str) -> int:
    """Return the size of a log that is published."""
    asked, size = _number(request, name), log.size()
    if asked > size:
        raise _out_of_range(name, f"The log has {size} entries so far, not {asked}.")
    return asked


def _out_of_range(field: str, sentence: str) -> InvalidInput:
    return InvalidInput("out_of_range", sentence, field=field)


def _proof(hashes: list[bytes], **asked: int) -> HttpResponse:
    told = {**asked, "hashes": [one.hex() for one in hashes]}
    response = HttpResponse(json.dumps(told) + "\n", content_type="application/json")
    response["Cache-Control"] = _FOR_EVER
    return response


def _text(text: str, caching: str) -> HttpResponse:
    response = HttpResponse(text, content_type=TEXT)
    response["Cache-Control"] = caching
    return response


def _too_many(wait: int) -> HttpResponse:
    sentence = f"More than {limits.READS_PER_MINUTE} requests came from your network in this minute."
    response = _problem(429, DomainError("too_many", sentence))
    response["Retry-After"] = str(wait)
    return response


def _problem(status: int, error: DomainError) -> HttpResponse:
    told = {
        "type": f"urn:countenance:problem:{error.code}",
        "title": "Not found" if isinstance(error, NotFound) else "Not valid",
        "status": status,
        "code": error.code,
        "detail": error.sentence,
        **error.detail,
    }
    response = HttpResponse(json.dumps(told) + "\n", status=status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    return response
