"""The API's description, its page for people, and the answer for addresses that are not there."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api.endpoint import AlwaysJson
from portal.common.errors import NotFound


class Schema(SpectacularAPIView):
    """OpenAPI 3, without a key: the API is public knowledge. It is made once, as making it takes a second."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the description as YAML or JSON, whichever is asked for."""
        renderer = request.accepted_renderer
        kind: Any = type(renderer)
        return HttpResponse(
            _rendered(kind),
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="countenance.{renderer.format}"'},
        )


@cache
def _rendered(renderer: Any) -> bytes:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    made: bytes = renderer().render(schema, renderer_context={})
    return made


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from our own files, under the same content security policy as every page.

    The split view keeps its script apart, our template keeps its three lines of style in a file, and the
    bundle runs without `eval`; so no exception to the policy is needed (`tests/api/test_docs.py` looks in a
    browser).
    """

    url_name = "api-schema"
    template_name = "portal_api/docs.html"


class Unknown(APIView):
    """Any other address."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = AlwaysJson
    metadata_class = None

    @extend_schema(exclude=True)
    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Say that nothing is here, whatever the method."""
        hint = "" if request.path.endswith("/") else " Addresses of the API end with a slash."
        raise NotFound("not_found", f"There is nothing at this address.{hint}")
