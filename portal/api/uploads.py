"""How much a request may send, bounded before anything of it is read."""

from __future__ import annotations

from rest_framework.request import Request

from portal.api.errors import BodyTooLarge
from portal.common.uploads import NamelessUploadHandler

MOST_OF_A_FORM = 4_000_000_000  # bytes, files included: one archive of about 20,000 photos
MOST_OF_JSON = 5_000_000  # bytes: a job's 50,000 image ids take 1.7 MB


def prepare(request: Request) -> None:
    """Bound the body and choose how files are received, before anything of the body is read.

    Raises:
        BodyTooLarge: By the length that the request declares; the server reads no more than that.
    """
    is_form = (request.content_type or "").startswith("multipart/")
    if _length(request) > (MOST_OF_A_FORM if is_form else MOST_OF_JSON):
        raise BodyTooLarge()
    request._request.upload_handlers = [NamelessUploadHandler(request._request)]


def _length(request: Request) -> int:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isdecimal() else 0
