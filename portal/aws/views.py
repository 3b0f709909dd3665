"""The one address of the Rekognition interface."""

from __future__ import annotations

from collections.abc import Mapping
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

CONTENT_TYPE = "application/x-amz-json-1.1"
POST_ONLY = 405


@csrf_exempt
def wire(request: HttpRequest) -> HttpResponse:
    """Answer one call; what goes wrong is answered in the words of the service's model, too."""
    try:
        response = _answered(request)
    except Exception as error:
        response = _refused(errors.of(error))
    response["x-amzn-RequestId"] = str(uuid4())
    response["Cache-Control"] = "no-store"
    return response


def _answered(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        raise WireError(dispatch.UNKNOWN, "This address takes POST only.", status=POST_ONLY, Allow="POST")
    with door.opened(request) as call:
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
