"""Pieces that several resources describe alike: pages, receipts, problem documents."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from portal.api.pagination import DEFAULT_LIMIT, MOST

PAGING = [
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    OpenApiParameter("limit", int, description=f"Items a page, 1 to {MOST}; {DEFAULT_LIMIT} unless given."),
]
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same call sent again under the same key is done once; its answer is kept for a day.",
)
PROBLEM = "application/problem+json"


class Described(AutoSchema):
    """Adds to every operation what no view has to say again: problem documents, Idempotency-Key on POST."""

    def get_override_parameters(self) -> list[Any]:
        given = list(super().get_override_parameters())
        return [*given, IDEMPOTENCY] if self.method == "POST" else given

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        schema = self.resolve_serializer(Problem(), "response").ref
        bodies["default"] = {
            "description": "A problem document: what is wrong and what can be done.",
            "content": {PROBLEM: {"schema": schema}},
        }
        return bodies


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
    job = serializers.CharField(required=False, help_text="The job that was kept as refused.")


@cache  # one description a kind of row, however many addresses list it
def paged(output: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """Return how a page of one kind of row is described."""
    name = output.__name__.removesuffix("Output")
    fields = {"items": output(many=True), "next": serializers.CharField(allow_null=True)}
    return inline_serializer(f"{name}Page", fields)
