"""`galleries/`: enrolled people for one purpose, with legal basis, owner and retention."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.policy.vocabulary import ImageSource, Purpose
from portal.api import reach
from portal.api.documents import PAGING, Receipt, paged
from portal.api.endpoint import Endpoint, Input
from portal.api.examples import GALLERY, NEW_GALLERY, RECEIPT, answered, listed, sent
from portal.api.pagination import page
from portal.common.errors import InvalidInput
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition.actions import erasure, galleries
from recognition.actions.galleries import LONGEST_RETENTION

MANAGE = (Permission.MANAGE_GALLERIES,)
READ = (Permission.VIEW_RESULTS, Permission.MANAGE_GALLERIES)
ERASE = (Permission.ERASE,)


class GalleryInput(Input):
    """A new gallery."""

    name = serializers.CharField(max_length=200)
    purpose = serializers.ChoiceField([(word.value, word.label) for word in Purpose])
    legal_basis = serializers.CharField(max_length=200)
    owner = serializers.CharField(max_length=200, help_text="Who answers for it.")
    retention_days = serializers.IntegerField(min_value=1, max_value=LONGEST_RETENTION)
    image_source = serializers.ChoiceField(
        [(word.value, word.label) for word in ImageSource],
        required=False,
        help_text="Where its photos come from; may be left out where the key carries it.",
    )
    jurisdictions = serializers.ListField(
        child=serializers.RegexField(r"^[A-Z]{2,3}(-[A-Z0-9]{1,3})?$", max_length=16),
        required=False,
        max_length=50,
        help_text="Of its subjects: ISO 3166 codes, EU or EEA.",
    )


class GalleryChange(Input):
    """What of a gallery can change."""

    name = serializers.CharField(max_length=200, required=False)
    legal_basis = serializers.CharField(max_length=200, required=False)
    owner = serializers.CharField(max_length=200, required=False)
    retention_days = serializers.IntegerField(min_value=1, max_value=LONGEST_RETENTION, required=False)


class GalleryOutput(serializers.Serializer[Any]):
    """A gallery."""

    id = serializers.CharField(source="public_id")
    collection_id = serializers.CharField(
        source="wire_id", help_text="In the Rekognition interface: its own id where none was given."
    )
    name = serializers.CharField()
    purpose = serializers.CharField()
    legal_basis = serializers.CharField()
    owner = serializers.CharField()
    retention_days = serializers.IntegerField()
    image_source = serializers.CharField()
    jurisdictions = serializers.ListField(child=serializers.CharField())
    faces = serializers.IntegerField(source="face_count")
    subjects = serializers.IntegerField(source="subject_count")
    created_at = serializers.DateTimeField()


class Galleries(Endpoint):
    """All galleries of the key's purpose."""

    needs = {"GET": READ, "POST": MANAGE}

    @extend_schema(
        operation_id="galleries_list",
        tags=["galleries"],
        parameters=[
            *PAGING,
            OpenApiParameter("collection_id", str, description="Only the one that Rekognition calls so."),
        ],
        responses=paged(GalleryOutput),
        examples=[listed("Galleries", GALLERY)],
    )
    def get(self, request: Request) -> Response:
        """List galleries."""
        with tenant_scope(self.organization):
            rows = reach.galleries(self.by)
            if (collection := request.query_params.get("collection_id")) is not None:
                rows = rows.called(collection)
            return Response(page(request, rows.with_counts(), GalleryOutput))

    @extend_schema(
        operation_id="galleries_create",
        tags=["galleries"],
        request=GalleryInput,
        responses={201: GalleryOutput},
        examples=[sent("A gallery of missing children", NEW_GALLERY), answered("A gallery", GALLERY)],
    )
    def post(self, request: Request) -> Response:
        """Make an empty gallery."""
        values = self.read(GalleryInput)
        values.setdefault("image_source", self.caller.key.defaults.get("image_source"))
        if not values["image_source"]:
            raise InvalidInput(
                "image_source_missing", "Say where the photos come from.", field="image_source"
            )
        made = galleries.create(organization=self.organization, by=self.by, **values)
        return Response(_described(self, made.public_id), status=201)


class GalleryDetail(Endpoint):
    """One gallery."""

    needs = {"GET": READ, "PATCH": MANAGE, "DELETE": ERASE}

    @extend_schema(
        operation_id="galleries_read",
        tags=["galleries"],
        responses=GalleryOutput,
        examples=[answered("A gallery", GALLERY)],
    )
    def get(self, request: Request, gallery: str) -> Response:
        """Return a gallery."""
        return Response(_described(self, gallery))

    @extend_schema(
        operation_id="galleries_change",
        tags=["galleries"],
        request=GalleryChange,
        responses=GalleryOutput,
        examples=[sent("A shorter retention", {"retention_days": 90}), answered("A gallery", GALLERY)],
    )
    def patch(self, request: Request, gallery: str) -> Response:
        """Change name, legal basis, owner or retention. The purpose of a gallery never changes."""
        with tenant_scope(self.organization):
            found = reach.gallery(self.by, gallery)
        galleries.change(gallery=found, by=self.by, **self.read(GalleryChange))
        return Response(_described(self, gallery))

    @extend_schema(
        operation_id="galleries_delete",
        tags=["galleries"],
        responses={200: Receipt},
        examples=[answered("A receipt", RECEIPT)],
    )
    def delete(self, request: Request, gallery: str) -> Response:
        """Erase everybody in a gallery, destroy its keys and return the receipt."""
        with tenant_scope(self.organization):
            found = reach.gallery(self.by, gallery)
        return Response(Receipt(erasure.delete_gallery(gallery=found, by=self.by)).data)


def _described(view: Endpoint, gallery: str) -> Any:
    with tenant_scope(view.organization):
        return GalleryOutput(reach.gallery(view.by, gallery)).data
