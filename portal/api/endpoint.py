"""What every address of the API has in common: key, scopes, limits, idempotency, problem documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import exceptions, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.api import conditions, idempotency, uploads
from portal.api.authentication import Caller, KeyAuthentication, caller_of
from portal.api.documents import query_names
from portal.api.models import KeptCall
from portal.api.permissions import HasScope
from portal.api.throttles import KeyThrottle
from portal.audit.witness import witnessed_by
from portal.common.errors import InvalidInput
from portal.common.ids import public_id
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.rates import Rate
from portal.tenancy.roles import Permission


class Input(serializers.Serializer[Any]):
    """Values of a request. A name that nobody asked for is an error: it may be a misspelled condition."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = set(self.fields)
            unknown = [name for name in data if name.split(".")[0].split("[")[0] not in known]
            if unknown:
                sentence = f"Not known here. Known: {', '.join(sorted(known))}."
                raise exceptions.ValidationError({name: [sentence] for name in unknown}, code="unknown")
        return super().to_internal_value(data)


class PublicId(serializers.CharField):
    """An id as programs see it, of a row that is known by its UUID."""

    def __init__(self, prefix: str, **options: Any) -> None:
        super().__init__(read_only=True, **options)
        self.prefix = prefix

    def to_representation(self, value: Any) -> str:
        return public_id(self.prefix, value)


class AlwaysJson(BaseContentNegotiation):
    """The API answers in JSON, whatever a program says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((parser for parser in parsers if _fits(request.content_type, parser.media_type)), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):
    """An address of the API.

    Attributes:
        needs: For each method, permissions of which the key's scopes must have one; none: any key.
        counts_as: For methods that are no plain read or write: which limit their calls count against.
        streams: Answers are made while they are sent: each read is made anew, so none is conditional.
        secrets: Names in answers that are shown once: never kept for a repeated call.
    """

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (KeyThrottle,)
    content_negotiation_class = AlwaysJson
    parser_classes: tuple[type[BaseParser], ...] = (JSONParser,)
    metadata_class = None  # the schema describes the API, OPTIONS does not

    needs: ClassVar[Mapping[str, tuple[Permission, ...]]] = {}
    counts_as: ClassVar[Mapping[str, str]] = {}
    streams: ClassVar[bool] = False
    secrets: ClassVar[frozenset[str]] = frozenset()
    rate: Rate | None = None
    _kept: KeptCall | None = None

    @property
    def caller(self) -> Caller:
        """The program that calls."""
        return caller_of(self.request)

    @property
    def by(self) -> Actor:
        """The actor of domain calls."""
        return self.caller.actor

    @property
    def organization(self) -> Organization:
        """Whose key it is."""
        return self.caller.organization

    def read(self, form: type[Input], **options: Any) -> dict[str, Any]:
        """Return the values of the request's body.

        Raises:
            ValidationError: With every field that is wrong.
        """
        given = form(data=self.request.data, **options)
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return values

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with witnessed_by(self._note):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._refuse_unknown(request)
        uploads.prepare(request)
        if request.method == "PATCH" and (read := getattr(self, "get", None)):
            conditions.require_unchanged(request, lambda: read(request, *args, **kwargs))
        if request.method == "POST":
            self._kept = idempotency.begin(request)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with `Allow` alone."""
        return Response(status=204)

    def _refuse_unknown(self, request: Request) -> None:
        """A query parameter that nobody asked for is an error: it may be a misspelled filter."""
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method == "OPTIONS" or not hasattr(self, method.lower()):
            return  # nothing is done
        own: Any = type(self)
        known = query_names(own, method)
        if unknown := sorted(set(request.query_params) - known):
            words = f"Known: {', '.join(sorted(known))}." if known else "None is known here."
            raise InvalidInput("unknown_parameter", f"Not known here. {words}", field=unknown[0][:100])

    def _note(self, target: str) -> None:
        """Note on a call that may come a second time what it made."""
        if self._kept is not None:
            idempotency.note(self._kept, target)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, idempotency.Replay):
            return exc.response()
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.rate.headers if self.rate else {}).items():
            response[name] = value
        response["Cache-Control"] = "no-store"
        if conditions.is_tagged(request, response):
            response.add_post_render_callback(conditions.answer_once(request))
        if self._kept is not None and isinstance(response, Response):
            idempotency.finish(self._kept, response, secrets=self.secrets)
        return response


def _fits(content_type: str | None, media_type: str) -> bool:
    return (content_type or "").partition(";")[0].strip().lower() == media_type
