"""Pieces that several resources describe alike: pages, receipts, problem documents."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, inline_serializer
from rest_framework import serializers

from portal.api import problems
from portal.api.pagination import DEFAULT_LIMIT, MOST

PROBLEM = problems.PROBLEM
PAGING = [
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        description="Items a page.",
    ),
]
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[ -~]+$", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description="The same call sent again under the same key is done once; its answer is kept for a day.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="`ETag` of an earlier answer: 304 without a body while it is still the answer.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="`ETag` of what was read: 412 where it has changed since.",
)
# Prefixes of the ids in addresses, by the names of their places.
PREFIXES = {
    "webhook": "whk",
    "delivery": "dlv",
    "image": "img", "gallery": "gal", "subject": "sub", "face": "fac", "job": "job", "ruling": "rul",
    "case": "cre", "photo": "crp", "candidate": "can", "lead": "can",
    "test": "acc", "key": "key",
}  # fmt: skip
_NOT_MODIFIED = {"description": "What `If-None-Match` names is still the answer."}


class Described(AutoSchema):
    """Adds to every operation what no view has to say again: problems, ids, Idempotency-Key, conditions."""

    def get_override_parameters(self) -> list[Any]:
        given = list(super().get_override_parameters())
        own = {"POST": [IDEMPOTENCY], "PATCH": [IF_MATCH], "GET": [IF_NONE_MATCH] if self._is_tagged else []}
        return [*map(_id_of, self._places()), *given, *own.get(self.method, [])]

    @property
    def _is_tagged(self) -> bool:
        return self.method == "GET" and not getattr(self.view, "streams", False)

    def _places(self) -> list[str]:
        return [name for name in re.findall(r"{(\w+)}", getattr(self, "path", "")) if name in PREFIXES]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        self.resolve_serializer(Problem(), "response")
        if self._is_tagged:
            bodies["304"] = _NOT_MODIFIED
        takes_body = self.method in {"POST", "PATCH"} and bool(self.get_request_serializer())
        for status in problems.statuses(self.method, self.path, takes_body=takes_body):
            if not _has_examples(bodies.get(status)):
                bodies[status] = problems.reference(status)
        return bodies


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the problems that operations refer to: a hook of the schema's generator."""
    result["components"]["responses"] = problems.components()
    return result


@cache
def query_names(view: Any, method: str) -> frozenset[str]:
    """Return the query parameters that an operation is described with: it takes these and no others.

    Args:
        view: Class of the endpoint.
        method: In capitals.
    """
    handler = getattr(view, method.lower(), None)
    schema_class = getattr(handler, "kwargs", {}).get("schema")
    if schema_class is None:
        return frozenset()
    schema = schema_class()
    schema.view, schema.method = view(request=None, kwargs={}), method
    given = schema.get_override_parameters()
    return frozenset(one.name for one in given if one.location == OpenApiParameter.QUERY)


def _id_of(name: str) -> OpenApiParameter:
    prefix = PREFIXES[name]
    return OpenApiParameter(
        name,
        {"type": "string", "pattern": f"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$"},
        OpenApiParameter.PATH,
        examples=[OpenApiExample("An id", value=f"{prefix}_01k9zzzzzzzzzzzzzzzzzzzzzz")],
    )


def _has_examples(body: dict[str, Any] | None) -> bool:
    return body is not None and all(one.get("examples") for one in body.get("content", {}).values())


class Receipt(serializers.Serializer[Any]):
    """What an erasure destroyed."""

    event = serializers.CharField(help_text="Event in the trail that proves it.")
    faces = serializers.IntegerField()
    subjects = serializers.IntegerField()
    photos = serializers.IntegerField()


class FieldError(serializers.Serializer[Any]):
    """One value that is missing or wrong."""

    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class RulingBrief(serializers.Serializer[Any]):
    """What a ruling said."""

    id = serializers.CharField()
    outcome = serializers.CharField(help_text="cleared, referred or refused")
    rule = serializers.CharField(help_text="Id of the rule that decided.")
    sentence = serializers.CharField()
    remedy = serializers.CharField(help_text="What can be done.")
    source = serializers.CharField(help_text="Where the rule comes from.")  # type: ignore[assignment]  # a field, taken off the class by the framework


class Problem(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For programs; of a refusal the id of the rule.")
    detail = serializers.CharField(help_text="For people.")
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]  # a field, taken off the class by the framework
    decision = serializers.CharField(required=False, help_text="Id of the ruling, see rulings/.")
    ruling = RulingBrief(required=False)
    rule = serializers.CharField(required=False, help_text="Id of the rule that refuses.")
    remedy = serializers.CharField(required=False, help_text="What can be done.")
    job = serializers.CharField(required=False, help_text="The job that was kept as refused.")
    made = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Ids of what a call made that was cut off."
    )
    reference = serializers.CharField(required=False, help_text="Of an error of ours.")


@cache  # one description a kind of row, however many addresses list it
def paged(output: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """Return how a page of one kind of row is described."""
    name = output.__name__.removesuffix("Output")
    fields = {"items": output(many=True), "next": serializers.CharField(allow_null=True)}
    return inline_serializer(f"{name}Page", fields)
