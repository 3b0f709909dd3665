"""`galleries/{id}/rekey/`: a new secret for a gallery, and how far its templates are turned."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import REKEY, answered, sent
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import rekeys
from recognition.models import RekeyReason


class RekeyInput(Input):
    """Why a gallery gets a new key."""

    reason = serializers.ChoiceField([RekeyReason.ROUTINE.value, RekeyReason.THEFT.value])


class RekeyOutput(serializers.Serializer[Any]):
    """How far the last re-key of a gallery is."""

    key_version = serializers.IntegerField(source="version")
    faces = serializers.IntegerField()
    turned = serializers.IntegerField(help_text="Faces stored under the newest key.")
    running = serializers.BooleanField(help_text="Until the old key is destroyed.")


class Rekey(Endpoint):
    """The re-key of a gallery. A key needs the scope `renew_keys` by name."""

    needs = {"GET": (Permission.RENEW_KEYS,), "POST": (Permission.RENEW_KEYS,)}

    @extend_schema(
        operation_id="galleries_rekey_read",
        tags=["galleries"],
        responses=RekeyOutput,
        examples=[answered("A re-key", REKEY)],
    )
    def get(self, request: Request, gallery: str) -> Response:
        """Return how far the last re-key is."""
        return self._answer(gallery, 200)

    @extend_schema(
        operation_id="galleries_rekey",
        tags=["galleries"],
        request=RekeyInput,
        responses={202: RekeyOutput},
        examples=[sent("After a theft", {"reason": "theft"}), answered("A re-key", REKEY)],
    )
    def post(self, request: Request, gallery: str) -> Response:
        """Turn a gallery's templates by a new secret and destroy the old one.

        Searches find the same faces at the same similarity meanwhile and afterwards.
        """
        with tenant_scope(self.organization):
            found = reach.gallery(self.by, gallery)
        rekeys.start(gallery=found, by=self.by, **self.read(RekeyInput))
        return self._answer(gallery, 202)

    def _answer(self, gallery: str, status: int) -> Response:
        with tenant_scope(self.organization):
            progress = rekeys.progress(reach.gallery(self.by, gallery))
        return Response(RekeyOutput(progress).data, status=status)
