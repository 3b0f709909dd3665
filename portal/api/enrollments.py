"""`galleries/{id}/faces/`: the enrolled faces of a gallery, and a photo whose faces are enrolled at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import orders, reach
from portal.api.call_answers import PhotoShown, described
from portal.api.call_examples import ALREADY_ENROLLED, ENROLLED, NEW_FACES, NO_ENGINE
from portal.api.documents import PAGING, PROBLEM, Problem, RulingBrief, paged
from portal.api.endpoint import Endpoint, PublicId
from portal.api.examples import answered, listed, sent, uploaded
from portal.api.faces import FaceOutput
from portal.api.galleries import READ
from portal.api.orders import FactsInput
from portal.api.pagination import page
from portal.api.permissions import require_scope
from portal.api.pictures import file_field, image_field, one_of, picture_of
from portal.api.subject_examples import FACE
from portal.api.subjects import gallery_of, named_in
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import indexing
from recognition.actions.answers import Answered
from recognition.actions.indexing import MOST_FACES, How
from recognition.actions.orders import LONGEST_SUBJECT
from recognition.engine.grades import BARS
from recognition.models import Face, Gallery, JobKind

_FILE = "JPEG, PNG or WebP, at most 15 MB. It is kept where a face of it is enrolled."
_WHOM = ("subject", "name")


class EnrollmentInput(FactsInput):
    """A photo whose faces are enrolled at once."""

    file = file_field(_FILE)
    image = image_field()
    subject = serializers.CharField(required=False, help_text="Whom it shows: somebody of the gallery.")
    name = serializers.CharField(
        required=False,
        max_length=LONGEST_SUBJECT,
        help_text="Instead: the name of whom it shows, who may be new. Who is named gets the largest face.",
    )
    max_faces = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_FACES,
        help_text="Where nobody is named: how many faces at most, the best. All of them unless given.",
    )
    quality = serializers.ChoiceField(sorted(BARS), default="NONE", help_text="Least quality of a face.")
    external_image_id = serializers.RegexField(
        r"^[a-zA-Z0-9_.\-:]+$",
        required=False,
        max_length=255,
        help_text="What the Rekognition interface calls the photo.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in (*_WHOM, "max_faces") if name in attrs]
        if len(named) > 1:
            raise serializers.ValidationError({named[-1]: [f"Send one of {', '.join(named)}."]})
        return one_of(attrs, "file", "image")


class EnrollmentOutput(serializers.Serializer[Any]):
    """What of a photo is enrolled, and every other face with why it is not."""

    id = serializers.CharField(help_text="Of the call, in the trail.")
    gallery = PublicId("gal")
    new = serializers.IntegerField(help_text="Faces that this call enrolled; the others were there.")
    enrolled = FaceOutput(many=True, help_text="Of this photo: new ones, and those that were there already.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(), help_text="Faces that are not enrolled, by reason code."
    )
    photo = PhotoShown(help_text="All its faces; each that is not enrolled has its reason.")
    ruling = RulingBrief()


class Faces(Endpoint):
    """The enrolled faces of a gallery."""

    parser_classes = (JSONParser, MultiPartParser)
    needs = {"GET": READ, "POST": (Permission.UPLOAD,)}
    counts_as = {"POST": "upload"}
    secrets = frozenset({"photo"})  # shown once, as by detect/; what is enrolled is said again

    @extend_schema(
        operation_id="faces_list",
        tags=["subjects"],
        parameters=[
            *PAGING,
            OpenApiParameter("subject", str, description="Only faces of this subject."),
            OpenApiParameter(
                "face_id", OpenApiTypes.UUID, description="Only the one that Rekognition calls so."
            ),
        ],
        responses=paged(FaceOutput),
        examples=[listed("Faces", FACE)],
    )
    def get(self, request: Request, gallery: str) -> Response:
        """List the faces of a gallery."""
        with tenant_scope(self.organization):
            found = reach.gallery(self.by, gallery)
            rows = Face.objects.filter(gallery=found).select_related("subject")
            rows = rows.defer("template", "next_template")
            if text := request.query_params.get("subject"):
                rows = rows.filter(subject=named_in(found, text))
            if (face := request.query_params.get("face_id")) is not None:
                rows = rows.filter(pk=_face_id(face))
            return Response(page(request, rows, FaceOutput))

    @extend_schema(
        operation_id="faces_enroll",
        tags=["calls"],
        request={"application/json": EnrollmentInput, "multipart/form-data": EnrollmentInput},
        responses={
            200: EnrollmentOutput,
            201: EnrollmentOutput,
            (403, PROBLEM): Problem,
            (503, PROBLEM): Problem,
        },
        examples=[
            sent("A stored photo", NEW_FACES),
            uploaded("A photo that is not stored", {"file": "(bytes of anna.jpg)", "name": "Case 2026-0114"}),
            answered("A face is enrolled", ENROLLED, status=201),
            answered("It was enrolled before", ALREADY_ENROLLED, status=200),
            NO_ENGINE,
        ],
    )
    def post(self, request: Request, gallery: str) -> Response:
        """Enroll the faces of one photo at once; many photos go as a job.

        Who is named by `subject` or `name` gets the largest face that can be compared. Where nobody is, each
        face stands for itself until it is moved to somebody. 201 where a face is new; 200 where none is:
        enrolled before, or none that can be compared, and `left_out` says why.
        """
        require_scope(self.caller, Permission.SUBMIT_JOBS)
        found, values = gallery_of(self, gallery), self.read(EnrollmentInput)
        picture, how = picture_of(values, self.caller), self._how(values, found)
        order = orders.order_of({**values, "kind": JobKind.ENROLL}, self.caller, gallery=found)
        made = indexing.index(
            organization=self.organization, order=order, picture=picture, how=how, by=self.by
        )
        headers = {"X-Countenance-Decision": made.ruling.public_id}
        return Response(_described(made), status=201 if made.call.enrolled else 200, headers=headers)

    def _how(self, values: dict[str, Any], gallery: Gallery) -> How:
        """Return how a photo is enrolled, taken out of the values: what is left states facts."""
        whom = values.pop("name", "")
        if text := values.pop("subject", ""):
            with tenant_scope(self.organization):
                whom = named_in(gallery, text)
        return How(
            most_faces=values.pop("max_faces", MOST_FACES),
            bar=values.pop("quality"),
            subject=whom,
            external_image_id=values.pop("external_image_id", ""),
        )


def _face_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(
            "bad_face_id", "The id of a face on this interface is a UUID.", field="face_id"
        ) from None


def _described(made: Answered) -> dict[str, Any]:
    shown = described(made)
    faces = [face for _, face in sorted(made.enrolled.items())]
    return {
        **{name: shown[name] for name in ("id", "gallery", "left_out", "ruling")},
        "new": made.call.enrolled,
        "enrolled": FaceOutput(faces, many=True).data,
        "photo": shown["photos"][0],
    }
