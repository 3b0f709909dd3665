"""`rulings/{id}/`: a ruling with every rule it looked at, also after the one that decided."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.endpoint import Endpoint
from portal.api.examples import RULING, answered
from portal.tenancy.scope import tenant_scope


class RulingOutput(serializers.Serializer[Any]):
    """A ruling as it was made; it never changes."""

    id = serializers.CharField(source="public_id")
    subject = serializers.CharField(help_text="What was ruled on.")
    gate = serializers.CharField(help_text="submit, dispatch, shard, release or synchronous")
    outcome = serializers.CharField(help_text="cleared, referred or refused")
    rule = serializers.CharField(help_text="Id of the rule that decided.")
    sentence = serializers.CharField()
    remedy = serializers.CharField()
    source = serializers.JSONField()  # type: ignore[assignment]  # a field, taken off the class by the framework
    period = serializers.JSONField(help_text="In which the rule holds, as the version then in force said.")
    facts = serializers.JSONField(help_text="What was stated and determined.")
    facts_sha256 = serializers.CharField()
    version = serializers.CharField(help_text="Policy version, pack@number.")
    version_sha256 = serializers.CharField()
    evaluator_hash = serializers.CharField()
    at = serializers.DateTimeField(help_text="Moment compared with periods.")
    known_at = serializers.DateTimeField(help_text="Moment that chose the version.")
    looked_at = serializers.JSONField(help_text="Every rule: conditions, what was seen, result.")
    obligations = serializers.JSONField()
    valid_until = serializers.DateTimeField(allow_null=True)
    recorded_status = serializers.CharField()
    computed_status = serializers.CharField()


class Ruling(Endpoint):
    """One ruling."""

    @extend_schema(
        operation_id="rulings_read",
        tags=["rulings"],
        responses=RulingOutput,
        examples=[answered("A job that was cleared", RULING)],
    )
    def get(self, request: Request, ruling: str) -> Response:
        """Return one's own ruling, rule by rule."""
        with tenant_scope(self.organization):
            return Response(RulingOutput(reach.rulings(self.by).with_public_id(ruling)).data)
