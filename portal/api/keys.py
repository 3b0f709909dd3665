"""`keys/`: the key that calls and those bound like it; a program rotates its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.models import EndUser
from portal.api import reach
from portal.api.documents import PAGING, paged
from portal.api.endpoint import Endpoint, Input, PublicId
from portal.api.examples import answered, listed, sent
from portal.api.key_examples import KEY, NEW_ROTATION, ROTATED
from portal.api.pagination import page
from portal.tenancy.actions import rotations
from portal.tenancy.models import ApiKey
from portal.tenancy.roles import Permission

ROTATE = (Permission.ROTATE_KEYS,)
_SHORTEST_HOURS = int(rotations.SHORTEST_OVERLAP / timedelta(hours=1))
_LONGEST_HOURS = int(rotations.LONGEST_OVERLAP / timedelta(hours=1))


class RotationInput(Input):
    """How a key is replaced."""

    overlap_hours = serializers.IntegerField(
        min_value=_SHORTEST_HOURS,
        max_value=_LONGEST_HOURS,
        help_text="How long the old key goes on working.",
    )


class ApiKeyOutput(serializers.Serializer[Any]):
    """A key, without its secrets."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="What its bearer token begins with, after ck_.")
    access_key_id = serializers.CharField(help_text="Of the Rekognition interface.")
    purpose = serializers.CharField()
    end_user = PublicId(EndUser.PREFIX, source="end_user_id")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Empty: all that keys may do.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    replaces = PublicId(ApiKey.PREFIX, source="replaces_id", allow_null=True)


class RotatedOutput(serializers.Serializer[Any]):
    """A new key, with its secrets in the one answer that has them."""

    key = ApiKeyOutput()
    old_key_ends_at = serializers.DateTimeField()
    bearer = serializers.CharField(required=False, help_text="Once: not in the answer to a repeated call.")
    secret_access_key = serializers.CharField(required=False, help_text="Likewise.")


class Keys(Endpoint):
    """Keys of one purpose and end user."""

    needs = {"GET": ROTATE}

    @extend_schema(
        operation_id="keys_list",
        tags=["keys"],
        parameters=PAGING,
        responses=paged(ApiKeyOutput),
        examples=[listed("Keys", KEY)],
    )
    def get(self, request: Request) -> Response:
        """List the keys that are bound like the one that calls, with when they were last used."""
        return Response(page(request, reach.keys(self.by), ApiKeyOutput, newest_first=True))


class KeyRotation(Endpoint):
    """The successor of a key."""

    needs = {"POST": ROTATE}
    secrets = frozenset({"bearer", "secret_access_key"})

    @extend_schema(
        operation_id="keys_rotate",
        tags=["keys"],
        request=RotationInput,
        responses={201: RotatedOutput},
        examples=[sent("A day to change over", NEW_ROTATION), answered("A new key", ROTATED)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Replace the key that calls by a new one, bound alike and with the same end.

        Both work for the overlap. The secrets are in this answer alone: with an Idempotency-Key the repeated
        answer lacks them. If the first answer was lost, rotate the old key once more, under another
        Idempotency-Key: while nobody has used the new key, it is revoked and another one takes its place.
        """
        found = reach.key(self.by, key)
        overlap = timedelta(hours=self.read(RotationInput)["overlap_hours"])
        made = rotations.rotate(key=found, overlap=overlap, by=self.by)
        new = ApiKey.objects.select_related("replaces").get(pk=made.key.pk)
        told = {"key": new, "old_key_ends_at": new.replaces and new.replaces.expires_at}
        shown = {"bearer": made.bearer, "secret_access_key": made.secret_access_key}
        return Response(RotatedOutput(told | shown).data, status=201)
