"""Our errors as pages: what happened, why, and what to do next."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string

from portal.common import outages
from portal.common.errors import Conflict, DomainError, InvalidInput, NotFound, Refused, Unavailable
from portal.tenancy.scope import current, tenant_scope
from portal.web import rulings

_STATUS = {Refused: 403, NotFound: 404, Conflict: 409, InvalidInput: 422, Unavailable: 503}
_TEMPLATE = {403: "errors/refused.html", 404: "errors/404.html"}


class DomainErrorMiddleware:
    """Turns what the domain raised inside a screen into a page; the REST API has its own answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; where an address only takes what a form sends, say so instead of an empty page."""
        response = self.get_response(request)
        return _by_form(request, response) if _is_bare_405(response) else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a DomainError or an outage; anything else goes to the server error page."""
        if away := outages.of(error):
            return _plain(503, away)
        return page_of(request, error) if isinstance(error, DomainError) else None


def page_of(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page of an error, with its status."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 400)
    template = (
        "errors/403.html" if error.code == "permission" else _TEMPLATE.get(status, "errors/problem.html")
    )
    context = {"error": error, "code": error.code, "sentence": error.sentence, **error.detail}
    page = render(request, template, context | _ruling(request, error), status=status)
    return _to_come_again(page, error)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for what broke outside of a view, say while it was looked who is signed in."""
    error = sys.exc_info()[1]
    away = outages.of(error) if error else None
    return _plain(503, away) if away else _plain(500)


def _plain(status: int, error: DomainError | None = None) -> HttpResponse:
    """Return a page that asks neither the database nor Redis for anything, not even who is signed in."""
    page = HttpResponse(render_to_string(f"errors/{status}.html", {"error": error}), status=status)
    return _to_come_again(page, error) if error else page


def _to_come_again(page: HttpResponse, error: DomainError) -> HttpResponse:
    if wait := error.detail.get("retry_seconds"):
        page["Retry-After"] = str(wait)
    return page


def _ruling(request: HttpRequest, error: DomainError) -> dict[str, Any]:
    """Return what the page of a refusal shows of its ruling: rule, fact, remedy, source, decision id."""
    organization = getattr(request, "organization", None)
    if "ruling" not in error.detail or organization is None or current() is not None:
        return {}
    with tenant_scope(organization):
        found = rulings.ruling_in(request, error.detail["ruling"])
        return rulings.refusal_of(found) | rulings.split_of(found)


def _is_bare_405(response: HttpResponse) -> bool:
    return isinstance(response, HttpResponseNotAllowed) and not response.content


def _by_form(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the page of who came by a link or a reload, often after signing in again."""
    context = {
        "code": "form_only",
        "sentence": "This address only takes what a form sends.",
        "remedy": "Nothing was changed. Go back to the page with the form, load it again and send it.",
    }
    page = render(request, "errors/problem.html", context, status=response.status_code)
    page["Allow"] = response["Allow"]
    return page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours, or came too late."""
    sentence = (
        "This form was open too long or came from elsewhere. Nothing was changed. "
        "Go back, load the page again and retry."
    )
    return page_of(request, Refused("csrf", sentence))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself cannot take, before any view saw it."""
    if isinstance(exception, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        sentence = f"More than {most} files were sent at once, and none was taken."
        error = DomainError(
            "too_many_files", sentence, remedy="Put them into a ZIP file: it holds any number."
        )
    else:
        error = DomainError("bad_request", "This request cannot be read.")
    return page_of(request, error)
