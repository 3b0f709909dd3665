"""`galleries/{id}/reembed/`: a gallery goes to another model, and how far it is."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import REEMBED, answered, sent
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import reembeds
from recognition.models import Gallery


class ReembedInput(Input):
    """Where a gallery goes."""

    pipeline = serializers.CharField(max_length=64, help_text="One that a running worker has loaded.")


class ReembedOutput(serializers.Serializer[Any]):
    """How far a gallery is on its way to another model."""

    state = serializers.ChoiceField([reembeds.NONE, reembeds.RUNNING, reembeds.WAITING])
    pipeline = serializers.CharField(help_text="What is searched.")
    next_pipeline = serializers.CharField(help_text="Where it goes; empty where it goes nowhere.")
    faces = serializers.IntegerField()
    renewed = serializers.IntegerField(help_text="Faces that have a template of the next model.")
    lacking = serializers.IntegerField(help_text="Faces that would be left out if it were accepted now.")
    not_in_this_version = serializers.IntegerField(help_text="Faces that are kept and not searched.")
    job = serializers.CharField(
        source="job.public_id",
        default=None,
        allow_null=True,
        help_text="Its failed items name what was lost.",
    )


class _Reembed(Endpoint):
    """The way of a gallery to another model.

    A key needs the scope `reembed` by name, and `submit_jobs` to begin.
    """

    def _gallery(self, gallery: str) -> Gallery:
        with tenant_scope(self.organization):
            return reach.gallery(self.by, gallery)

    def _answer(self, gallery: str, status: int = 200) -> Response:
        with tenant_scope(self.organization):
            progress = reembeds.progress(reach.gallery(self.by, gallery))
        return Response(ReembedOutput(progress).data, status=status)


class Reembed(_Reembed):
    """A gallery's way to another model: begun, gone on with, given up."""

    needs = {
        "GET": (Permission.REEMBED,),
        "POST": (Permission.REEMBED,),
        "DELETE": (Permission.REEMBED,),
    }

    @extend_schema(
        operation_id="galleries_reembed_read",
        tags=["galleries"],
        responses=ReembedOutput,
        examples=[answered("Faces were lost", REEMBED)],
    )
    def get(self, request: Request, gallery: str) -> Response:
        """Return how far it is."""
        return self._answer(gallery)

    @extend_schema(
        operation_id="galleries_reembed",
        tags=["galleries"],
        request=ReembedInput,
        responses={202: ReembedOutput},
        examples=[
            sent("To another detector", {"pipeline": REEMBED["next_pipeline"]}),
            answered("Faces were lost", REEMBED),
        ],
    )
    def post(self, request: Request, gallery: str) -> Response:
        """Give every face a template of another model, by a job; or go on with those that lack one.

        The gallery is searched as it is until all have one, and then switched in one step.
        """
        reembeds.start(gallery=self._gallery(gallery), by=self.by, **self.read(ReembedInput))
        return self._answer(gallery, 202)

    @extend_schema(operation_id="galleries_reembed_cancel", tags=["galleries"], responses=ReembedOutput)
    def delete(self, request: Request, gallery: str) -> Response:
        """Stay with the model that is searched; the new templates are destroyed."""
        reembeds.cancel(gallery=self._gallery(gallery), by=self.by)
        return self._answer(gallery)


class Accept(_Reembed):
    """A switch although faces are lost."""

    needs = {"POST": (Permission.REEMBED,)}

    @extend_schema(
        operation_id="galleries_reembed_accept",
        tags=["galleries"],
        request=None,
        responses=ReembedOutput,
        examples=[answered("Nothing runs any more", REEMBED | {"state": "none", "next_pipeline": ""})],
    )
    def post(self, request: Request, gallery: str) -> Response:
        """Switch; faces that lack a template of the new model are kept, and not searched any more."""
        reembeds.accept(gallery=self._gallery(gallery), by=self.by)
        return self._answer(gallery)
