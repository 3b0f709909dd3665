"""The one address of the Rekognition interface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from portal.aws import dispatch, door, errors
from portal.aws.answers import encoded
from portal.aws.calls import Answer
from portal.aws.door import Call
from portal.aws.errors import WireError
from portal.aws.reading import UNREADABLE
from portal.tenancy.rates import Rate

CONTENT_TYPE = "application/x-amz-json-1.1"
POST_ONLY = 405


@csrf_exempt
def wire(request: HttpRequest) -> HttpResponse:
    """Answer one call; what goes wrong is answered in the words of the service's model, too."""
    left = _Left()
    try:
        response = _answered(request, left)
    except Exception as error:
        response = _refused(errors.of(error))
    for name, value in left.headers.items():
        response[name] = value
    response["x-amzn-RequestId"] = str(uuid4())
    response["Cache-Control"] = "no-store"
    return response


@dataclass
class _Left:
    """What is left to a key in this minute, as over REST; nothing where the call was not counted."""

    rate: Rate | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer. Clients of the service hand them out beside the request's id."""
        if self.rate is None:
            return {}
        wait = {"Retry-After": str(self.rate.reset_seconds)} if self.rate.is_exceeded else {}
        return self.rate.headers | wait

    def note(self, rate: Rate) -> None:
        """Note it, once the call is counted."""
        self.rate = rate


def _answered(request: HttpRequest, left: _Left) -> HttpResponse:
    if request.method != "POST":
        raise WireError(dispatch.UNKNOWN, "This address takes POST only.", status=POST_ONLY, Allow="POST")
    with door.opened(request, left.note) as call:
        if request.content_type != CONTENT_TYPE:
            raise WireError(UNREADABLE, f"Calls are sent as {CONTENT_TYPE}.")
        answer, headers = _done(call)
    return HttpResponse(encoded(answer), content_type=CONTENT_TYPE, headers=dict(headers))


def _done(call: Call) -> tuple[Answer, Mapping[str, str]]:
    name = dispatch.operation_of(call.target)
    with call.body.room():  # the engine is waited for outside of it
        values = dispatch.read(name, _text(call))
    return dispatch.run(name, values, key=call.key, region=call.region)


def _text(call: Call) -> str:
    try:
        return call.body.text()
    except UnicodeDecodeError:
        raise WireError(UNREADABLE, "The body is not UTF-8.") from None


def _refused(error: WireError) -> HttpResponse:
    body: dict[str, Any] = {"__type": error.name, "Message": error.message}
    headers = error.headers | {"x-amzn-ErrorType": error.name}
    return HttpResponse(encoded(body), status=error.status, content_type=CONTENT_TYPE, headers=headers)
