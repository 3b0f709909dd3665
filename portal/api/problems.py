"""Problem documents as the schema describes them: which statuses an operation can answer, with examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.api.examples import REFUSAL

PROBLEM = "application/problem+json"
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_HEADERS = {
    "429": {"Retry-After": ("Seconds to wait.", "integer")},
    "401": {"WWW-Authenticate": ("How to send a key.", "string")},
}


@dataclass(frozen=True)
class Kind:
    """Problems of one status: name of the component, what it says, and examples by their titles."""

    name: str
    description: str
    examples: dict[str, dict[str, Any]]


def example(status: int, title: str, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return a problem document as it is answered."""
    kind = f"urn:countenance:problem:{code}"
    return {"type": kind, "title": title, "status": status, "code": code, "detail": detail, **more}


def _field(status: int, title: str, code: str, detail: str, field: str) -> dict[str, Any]:
    errors = [{"field": field, "code": code, "detail": detail}]
    return example(status, title, code, detail, errors=errors)


KINDS: dict[str, Kind] = {
    "400": Kind(
        "Unreadable",
        "The request cannot be read.",
        {"No JSON": example(400, "Bad Request", "parse_error", "JSON parse error - Expecting value.")},
    ),
    "401": Kind(
        "KeyNeeded",
        "There is no key, or it is not valid: unknown, wrong, revoked or expired.",
        {
            "No key": example(
                401, "Unauthorized", "not_authenticated", "Send the key as: Authorization: Bearer ck_…"
            ),
            "A key that ended": example(
                401,
                "Unauthorized",
                "key_invalid",
                "This API key is not valid. Check it, or ask an administrator for a new one.",
            ),
        },
    ),
    "403": Kind(
        "Refused",
        "By a rule, named in `rule` with the id of the ruling in `decision`; or the key may not do it.",
        {
            "Refused by a rule": REFUSAL,
            "A scope is missing": example(
                403, "Refused", "scope", "This key does not have the scope erase. Use a key that has it."
            ),
        },
    ),
    "404": Kind(
        "NotHere",
        "There is no such thing in reach of this key; the same whether it never was or is somebody else's.",
        {"Not here": example(404, "Not found", "not_found", "There is no such thing here.")},
    ),
    "409": Kind(
        "NotNow",
        "The state of things does not allow it now, or somebody else was first.",
        {
            "A name that is taken": example(
                409, "Not possible now", "name_taken", "There is a gallery of this name. Choose another."
            ),
            "The first call is not finished": example(
                409,
                "Not possible now",
                "idempotency_in_flight",
                "The first call with this Idempotency-Key is not finished. Ask again in a moment.",
            ),
            "The first call was cut off": example(
                409,
                "Not possible now",
                "idempotency_unknown",
                "This call was cut off before it was answered. What it made stands in `made`: look there, "
                "and use a new Idempotency-Key for what is missing.",
                made=["job_01k9zzzzzzzzzzzzzzzzzzzzzz"],
            ),
        },
    ),
    "412": Kind(
        "Changed",
        "`If-Match` names another state than the present one. Read it again.",
        {
            "Somebody was faster": example(
                412, "Precondition Failed", "changed_meanwhile", "This was changed meanwhile. Read it again."
            )
        },
    ),
    "413": Kind(
        "TooLarge",
        "The body has more bytes than this address takes.",
        {
            "Too large": example(
                413,
                "Request Entity Too Large",
                "body_too_large",
                "The body is larger than this address takes. Send it in parts.",
            )
        },
    ),
    "415": Kind(
        "NotThisType",
        "The body's content type is not one that this address takes.",
        {
            "XML": example(
                415,
                "Unsupported Media Type",
                "unsupported_media_type",
                'Unsupported media type "application/xml" in request.',
            )
        },
    ),
    "422": Kind(
        "NotValid",
        "Values are missing or wrong, or a name that nobody asked for was sent; `errors` names each.",
        {
            "A value is missing": example(
                422,
                "Not valid",
                "validation",
                "Some values are missing or not valid; see errors.",
                errors=[{"field": "owner", "code": "required", "detail": "This field is required."}],
            ),
            "A name that is not known": _field(
                422, "Not valid", "unknown_parameter", "Not known here. Known: cursor, limit.", "lmit"
            ),
            "The Idempotency-Key was used": example(
                422,
                "Not valid",
                "idempotency_mismatch",
                "This Idempotency-Key was used for another call. Use a new one for each call.",
            ),
        },
    ),
    "429": Kind(
        "TooMany",
        "The key called too often this minute. `Retry-After` says how long to wait.",
        {
            "Too many": example(
                429,
                "Too Many Requests",
                "throttled",
                "Request was throttled. Expected available in 12 seconds.",
            )
        },
    ),
    "500": Kind(
        "Ours",
        "An error of ours; the reference finds it in our logs.",
        {
            "An error of ours": example(
                500,
                "Internal Server Error",
                "internal",
                "Something went wrong, reference 3f1a0c52be77. Nothing about it is your fault.",
                reference="3f1a0c52be77",
            )
        },
    ),
}


def statuses(method: str, path: str, *, takes_body: bool) -> list[str]:
    """Return the statuses of problems that an operation can answer."""
    is_read, of_one = method == "GET", "{" in path
    asked = {
        "404": of_one,
        "409": of_one or not is_read,
        "412": method == "PATCH",
        "413": takes_body,
        "415": takes_body,
    }
    return [status for status in KINDS if asked.get(status, True)]


def reference(status: str) -> dict[str, str]:
    """Return what stands in an operation for the problems of a status."""
    return {"$ref": f"#/components/responses/{KINDS[status].name}"}


def components() -> dict[str, Any]:
    """Return the described answers, by name."""
    return {kind.name: _described(status, kind) for status, kind in KINDS.items()}


def _described(status: str, kind: Kind) -> dict[str, Any]:
    examples = {_key(title): {"summary": title, "value": value} for title, value in kind.examples.items()}
    headers = {
        name: {"description": words, "schema": {"type": of}}
        for name, (words, of) in _HEADERS.get(status, {}).items()
    }
    content = {PROBLEM: {"schema": _PROBLEM_SCHEMA, "examples": examples}}
    return {"description": kind.description, "content": content} | ({"headers": headers} if headers else {})


def _key(title: str) -> str:
    return "".join(word.capitalize() for word in title.replace("-", " ").split())
