"""`galleries/{id}/faces/{id}/`: an enrolled face, whom it shows, and its end."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import reach
from portal.api.endpoint import Endpoint, Input, PublicId
from portal.api.examples import answered, sent
from portal.api.galleries import ERASE, MANAGE, READ
from portal.api.subject_examples import FACE, NEW_FACE_MOVE, SUBJECT
from portal.api.subjects import SubjectOutput, named_in
from portal.common.errors import Conflict
from portal.tenancy.scope import tenant_scope
from recognition.actions import faces, subjects
from recognition.actions.orders import LONGEST_SUBJECT
from recognition.models import Face, Subject


class FaceOutput(serializers.Serializer[Any]):
    """An enrolled face. Its template never leaves the database."""

    id = serializers.CharField(source="public_id")
    face_id = serializers.UUIDField(
        source="pk", help_text="In the Rekognition interface, as are those below."
    )
    image_id = serializers.UUIDField()
    external_image_id = serializers.CharField(help_text="Empty where the photo was given no such name.")
    user_id = serializers.SerializerMethodField(help_text="Whom it shows; null where nobody was named.")
    subject = PublicId("sub", source="subject_id")
    image = PublicId("img", source="image_id")
    index = serializers.IntegerField(help_text="Number of the face in its photo.")
    box = serializers.JSONField(help_text="left, top, width, height in pixels of the upright photo.")
    quality = serializers.JSONField()
    created_at = serializers.DateTimeField()

    def get_user_id(self, face: Face) -> str | None:
        return face.subject.wire_id if face.subject.is_user else None


class FaceMoveInput(Input):
    """Whom a face shows after all."""

    subject = serializers.CharField(required=False, help_text="Another subject of the gallery.")
    name = serializers.CharField(
        required=False, max_length=LONGEST_SUBJECT, help_text="Instead: the name of a new one."
    )
    reason = serializers.CharField(max_length=2_000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("subject" in attrs) == ("name" in attrs):
            raise serializers.ValidationError({"subject": ["Send either a subject or a name."]})
        return attrs


class FaceDetail(Endpoint):
    """One enrolled face."""

    needs = {"GET": READ, "DELETE": ERASE}

    @extend_schema(
        operation_id="faces_read",
        tags=["subjects"],
        responses=FaceOutput,
        examples=[answered("A face", FACE)],
    )
    def get(self, request: Request, gallery: str, face: str) -> Response:
        """Return a face."""
        return Response(FaceOutput(_face(self, gallery, face)).data)

    @extend_schema(operation_id="faces_erase", tags=["subjects"], responses={204: None})
    def delete(self, request: Request, gallery: str, face: str) -> Response:
        """Erase a face that was enrolled without a name, with what was found of it.

        409 `face_of_a_subject`: it is somebody's. Erase the subject, or move the face to a new one first.
        """
        found = _face(self, gallery, face)
        if faces.erase(gallery=found.gallery, ids=[str(found.pk)], by=self.by).failed:
            sentence = "This face is of a subject. Erase the subject, or move the face to a new one first."
            raise Conflict("face_of_a_subject", sentence)
        return Response(status=204)


class FaceMoved(Endpoint):
    """One face that shows somebody else."""

    needs = {"POST": MANAGE}

    @extend_schema(
        operation_id="faces_move",
        tags=["subjects"],
        request=FaceMoveInput,
        responses=SubjectOutput,
        examples=[sent("Another subject", NEW_FACE_MOVE), answered("Whom it shows now", SUBJECT)],
    )
    def post(self, request: Request, gallery: str, face: str) -> Response:
        """Move a face to another subject of its gallery, or to a new one. Candidates that name it follow."""
        moved, values = _face(self, gallery, face), self.read(FaceMoveInput)
        with tenant_scope(self.organization):
            to: Subject | str = values.get("name") or named_in(moved.gallery_id, values["subject"])
        now = subjects.move_face(face=moved, to=to, reason=values["reason"], by=self.by)
        return Response(SubjectOutput(now).data)


def _face(view: Endpoint, gallery: str, face: str) -> Face:
    with tenant_scope(view.organization):
        rows = Face.objects.filter(gallery=reach.gallery(view.by, gallery)).select_related(
            "gallery", "subject"
        )
        found: Face = rows.defer("template").with_public_id(face)
        return found
