"""`images/{id}/`: stored photos, sealed where they lie, opened only on the way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import quote_etag
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api import conditions, reach
from portal.api.endpoint import Endpoint
from portal.api.examples import IMAGE, answered
from portal.common.errors import NotFound
from portal.tenancy import secrets
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope
from recognition import storage
from recognition.actions import images
from recognition.models import Image

_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class ImageOutput(serializers.Serializer[Any]):
    """What is known of a photo."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    width = serializers.IntegerField(help_text="Pixels, upright.")
    height = serializers.IntegerField(help_text="Pixels, upright.")
    format = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes as uploaded.")
    sha256 = serializers.CharField(help_text="Of the bytes as uploaded.")
    created_at = serializers.DateTimeField()


class ImageDetail(Endpoint):
    """One photo."""

    needs = {"GET": (Permission.UPLOAD, Permission.VIEW_RESULTS), "DELETE": (Permission.UPLOAD,)}

    @extend_schema(
        operation_id="images_read",
        tags=["images"],
        responses=ImageOutput,
        examples=[answered("A photo", IMAGE)],
    )
    def get(self, request: Request, image: str) -> Response:
        """Return what is known of a photo."""
        with tenant_scope(self.organization):
            return Response(ImageOutput(reach.images(self.by).with_public_id(image)).data)

    @extend_schema(operation_id="images_delete", tags=["images"], responses={204: None})
    def delete(self, request: Request, image: str) -> Response:
        """Destroy a photo that no gallery and no job needs."""
        with tenant_scope(self.organization):
            found = reach.images(self.by).with_public_id(image)
        images.delete(image=found, by=self.by)
        return Response(status=204)


class ImageContent(Endpoint):
    """The bytes of one photo."""

    needs = {"GET": (Permission.VIEW_RESULTS,)}

    @extend_schema(
        operation_id="images_content",
        tags=["images"],
        responses={
            (200, kind): OpenApiResponse(
                OpenApiTypes.BINARY, "The photo as uploaded.", examples=[OpenApiExample("Bytes", value="…")]
            )
            for kind in _MEDIA_TYPES.values()
        },
    )
    def get(self, request: Request, image: str) -> StreamingHttpResponse | HttpResponseNotModified:
        """Return a photo as it was uploaded."""
        with tenant_scope(self.organization):
            found = reach.images(self.by).with_public_id(image)
        tag = quote_etag(found.sha256)
        if conditions.is_known(request, tag):
            return HttpResponseNotModified(headers={"ETag": tag})
        return StreamingHttpResponse(
            _opened(found, self.caller.organization),
            content_type=_MEDIA_TYPES[found.format],
            headers={
                "Content-Length": str(found.size),
                "ETag": tag,
                "Content-Disposition": "attachment",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _opened(image: Image, organization: Any) -> Iterator[bytes]:
    """Open the first segment before anything is answered, so that a purged photo is a clean 404."""
    pieces = storage.stream(image.path, key=secrets.data_key(organization), owner=image.pk)
    try:
        first = next(pieces)
    except FileNotFoundError:
        raise NotFound() from None
    return _chained(first, pieces)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
