"""Our errors in the words of the service's model. A refusal is AccessDeniedException and nothing else.

Real clients read InvalidParameterException as "there is no face" and repeat what is throttled, so a refusal
is neither. It says rule, remedy and decision in its message, and the decision in a header besides.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields
from uuid import uuid4

from compliance.stated import Stated
from portal.aws.headers import DECISION
from portal.aws.shapes import ERRORS
from portal.aws.sigv4 import Rejected
from portal.common import outages
from portal.common.errors import Conflict, DomainError, InvalidInput, NotFound, Refused
from recognition.engine.types import POISON

logger = logging.getLogger(__name__)

INTERNAL = "InternalServerError"
DENIED = "AccessDeniedException"
THROTTLED = "ThrottlingException"

FORMATS = "Only PNG and JPEG are read on this interface."
CODE = "x-countenance-code"
_AT_ONCE = 1  # second: a signature of the same second would be the same, and is refused as a repeat
# The first kind that fits; what has no kind here is nothing the caller did.
_KINDS: tuple[tuple[type[DomainError], str], ...] = (
    (Refused, DENIED),
    (NotFound, "ResourceNotFoundException"),
    (Conflict, "ConflictException"),
    (InvalidInput, "InvalidParameterException"),
)
# Codes that the service's model has a name of its own for.
_CODES: Mapping[str, str] = {
    "collection_exists": "ResourceAlreadyExistsException",
    "token_differs": "IdempotentParameterMismatchException",
    "too_many_tags": "ServiceQuotaExceededException",
    "too_many_faces_of_user": "ServiceQuotaExceededException",
    "bad_token": "InvalidPaginationTokenException",
    "not_an_image": "InvalidImageFormatException",
    "image_format": "InvalidImageFormatException",
    "image_animated": "InvalidImageFormatException",
    "image_truncated": "InvalidImageFormatException",
    POISON: "InvalidImageFormatException",  # the engine broke on it: nobody knows whether it shows a face
    "image_too_large": "ImageTooLargeException",
    "image_bomb": "ImageTooLargeException",
    "s3_object": "InvalidS3ObjectException",
    "gallery_deleted": "ResourceNotFoundException",
    "kept": DENIED,
    "case_closed": DENIED,  # sent again it is refused again
    "model_mismatch": DENIED,
    "subject_merged": DENIED,
    "no_scale": DENIED,
    "reimport": DENIED,
    "image_source_differs": DENIED,
}
# Facts come from the key: one that cannot be ruled on is a call refused, and nothing wrong with its photo.
_FACTS = frozenset(fact.name for fact in fields(Stated))
# What to answer where an operation's model does not have the first name.
_INSTEAD: Mapping[str, str] = {
    "ConflictException": THROTTLED,  # things changed meanwhile: the same call may succeed now
    "ServiceQuotaExceededException": "ProvisionedThroughputExceededException",
    "ResourceNotFoundException": "InvalidParameterException",
}
_QUOTA = "quota_"


class WireError(Exception):
    """An answer that is an error.

    Args:
        name: Of the error in the service's model, or of one common to all its services.
        message: For people.
        status: HTTP status.
        **headers: Further headers, their names with `_` for `-`.
    """

    def __init__(self, name: str, message: str, *, status: int = 400, **headers: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.status = status
        self.headers = {header.replace("_", "-"): value for header, value in headers.items()}


def of(error: Exception, operation: str = "") -> WireError:
    """Return the answer to whatever an operation raised.

    Args:
        error: What was raised.
        operation: Name of the operation, where it is known: its model says which errors it has.
    """
    if isinstance(error, WireError):
        return error
    if isinstance(error, Rejected):
        return _waiting(WireError(error.name, error.sentence))
    error = outages.of(error) or error
    name = _name(error) if isinstance(error, DomainError) else ""
    if not isinstance(error, DomainError) or not name:
        return _unexpected(error)
    answer = WireError(_modelled(name, operation), _message(error))
    answer.headers[CODE] = error.code
    if decision := _decision(error):
        answer.headers[DECISION] = decision
    return _waiting(answer, int(error.detail.get("retry_seconds", _AT_ONCE)))


def _waiting(answer: WireError, seconds: int = _AT_ONCE) -> WireError:
    """Say when to come again, where a call is to be sent again; other errors are the same then."""
    if answer.name == THROTTLED:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _name(error: DomainError) -> str:
    if error.code in _CODES:
        return _CODES[error.code]
    if isinstance(error, InvalidInput) and error.detail.get("field") in _FACTS:
        return DENIED
    if error.code.startswith(_QUOTA):
        return "ServiceQuotaExceededException"
    if "retry_seconds" in error.detail:  # a part of ours is away or busy: clients send it again
        return THROTTLED
    return next((name for kind, name in _KINDS if isinstance(error, kind)), "")


def _modelled(name: str, operation: str) -> str:
    known = ERRORS.get(operation)
    return name if known is None or name in known else _INSTEAD.get(name, name)


def _message(error: DomainError) -> str:
    """Return sentence, remedy, rule and decision: a program that knows none of our headers prints this."""
    if error.code == "image_format":  # other interfaces read more
        return FORMATS
    remedy = str(error.detail.get("remedy") or "")
    parts = [error.sentence, "" if remedy in error.sentence else remedy]
    named = {"Rule": error.detail.get("rule"), "decision": _decision(error)}
    if known := ", ".join(f"{word} {value}" for word, value in named.items() if value):
        parts.append(f"({known})")
    return " ".join(filter(None, parts))


def _decision(error: DomainError) -> str:
    return str(error.detail.get("decision") or error.detail.get("ruling") or "")


def _unexpected(error: Exception) -> WireError:
    """Log an error of ours under a reference, and tell the caller nothing but the reference."""
    reference = uuid4().hex[:12]
    logger.error("Unexpected error, reference %s", reference, exc_info=error)
    return WireError(INTERNAL, f"Something went wrong, reference {reference}.", status=500)
