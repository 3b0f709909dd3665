"""`standing/`: what the organization may do right now, and why."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import standing as standings
from compliance.models import EndUser
from compliance.policy.plain import encode
from compliance.policy.rules import Rule
from compliance.standing import LineStanding, Standing
from portal.api.authentication import Caller
from portal.api.endpoint import Endpoint, PublicId
from portal.api.examples import STANDING, answered
from portal.common.ids import public_id
from portal.tenancy.models import ApiKey
from portal.tenancy.scope import tenant_scope


class GrantOutput(serializers.Serializer[Any]):
    """One line of the determination: a purpose for a named end user."""

    purpose = serializers.CharField()
    end_user = serializers.CharField(help_text="Id in the register, as jobs take it.")
    end_user_name = serializers.CharField()
    status = serializers.CharField(help_text="The stricter of what was recorded and what the rules say now.")
    words = serializers.CharField(help_text="The status for people.")
    operations = serializers.ListField(child=serializers.CharField())
    conditions = serializers.JSONField()
    starts_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    in_force = serializers.BooleanField()


class RuleOutput(serializers.Serializer[Any]):
    """A rule whose period has begun and not ended."""

    id = serializers.CharField()
    kind = serializers.CharField()
    effect = serializers.CharField()
    sentence = serializers.CharField()
    period = serializers.JSONField()
    source = serializers.JSONField()  # type: ignore[assignment]  # a field, taken off the class by the framework


class KeyOutput(serializers.Serializer[Any]):
    """The key that asks."""

    id = serializers.CharField()
    purpose = serializers.CharField()
    end_user = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Empty: all that keys may do.")
    defaults = serializers.JSONField(help_text="What a request may leave out.")
    expires_at = serializers.DateTimeField()
    replaces = PublicId(ApiKey.PREFIX, allow_null=True, help_text="The key that it was rotated from.")


class StandingOutput(serializers.Serializer[Any]):
    """Where an organization stands."""

    organization = serializers.CharField()
    name = serializers.CharField()
    organization_type = serializers.CharField(allow_null=True)
    organization_status = serializers.CharField()
    synthetic = serializers.BooleanField()
    moratorium_status = serializers.CharField(help_text="The strictest line; unknown without any.")
    policy_version = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    grants = GrantOutput(many=True)
    rules = RuleOutput(many=True)
    key = KeyOutput()


class StandingView(Endpoint):
    """The organization's type, its moratorium status, its grants and the rules in force."""

    @extend_schema(
        operation_id="standing",
        tags=["standing"],
        responses=StandingOutput,
        examples=[answered("A charity that looks for children", STANDING)],
    )
    def get(self, request: Request) -> Response:
        """Return where the organization stands, by the database's clock."""
        with tenant_scope(self.organization):
            found = standings.standing(self.organization)
            return Response(StandingOutput(_described(found, self.caller)).data)


def _described(found: Standing, caller: Caller) -> dict[str, Any]:
    return {
        "organization": found.organization.public_id,
        "name": found.organization.name,
        "organization_type": found.organization_type and found.organization_type.value,
        "organization_status": found.status.value,
        "synthetic": found.organization.synthetic,
        "moratorium_status": found.moratorium_status.value,
        "policy_version": found.version,
        "at": found.at,
        "grants": [_grant(line) for line in found.lines],
        "rules": [_rule(rule) for rule in found.rules],
        "key": _key(caller),
    }


def _grant(line: LineStanding) -> dict[str, Any]:
    return {
        "purpose": line.grant.purpose,
        "end_user": line.end_user.public_id,
        "end_user_name": line.end_user.name,
        "status": line.status.value,
        "words": line.words,
        "operations": sorted(line.grant.operations),
        "conditions": line.grant.conditions,
        "starts_at": line.grant.starts_at,
        "expires_at": line.grant.expires_at,
        "in_force": line.in_force,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": rule.kind.value,
        "effect": rule.effect.value,
        "sentence": rule.sentence,
        "period": encode(rule.period),
        "source": encode(rule.source),
    }


def _key(caller: Caller) -> dict[str, Any]:
    return {
        "id": caller.key.public_id,
        "purpose": caller.key.purpose,
        "end_user": public_id(EndUser.PREFIX, caller.key.end_user_id),
        "scopes": caller.key.scopes,
        "defaults": caller.key.defaults,
        "expires_at": caller.key.expires_at,
        "replaces": caller.key.replaces_id,
    }
