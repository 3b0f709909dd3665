"""Who may open a page of the office: an active officer, with a second factor, who was here lately."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from portal.tenancy.access import require_officer
from portal.tenancy.actor import Actor
from portal.tenancy.scope import officer_scope
from portal.web.guards import READS, View, signed_in

IDLE_SECONDS: Final = 30 * 60
SEEN_AT: Final = "officer_seen_at"
AREA: Final = "Compliance office"


class OfficerRequest(HttpRequest):
    """A request of an officer, who acts for no organization here."""

    actor: Actor
    organization: None


def officer_view(*, methods: tuple[str, ...] = ("GET",), scoped: bool = True) -> Callable[[View], View]:
    """Open a page to officers; to everybody else it does not exist.

    A page that is read runs, and renders, inside the office's scope; a form that is sent outside any, since
    its action opens its own.

    Args:
        methods: What the address answers to; HEAD goes with GET.
        scoped: False for a page that opens its scope itself.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: OfficerRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            _let_on(request)
            if request.method not in (*methods, *(("HEAD",) if "GET" in methods else ())):
                return HttpResponseNotAllowed(methods)
            if detour := _second_factor(request) or _idle(request):
                return detour
            if scoped and request.method in READS:
                with officer_scope():
                    return view(request, *args, **kwargs)
            return view(request, *args, **kwargs)

        return signed_in(guarded)

    return decorate


def office_page(
    request: OfficerRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of the office."""
    return render(request, template, {**context, "area": AREA}, status=status)


def _let_on(request: OfficerRequest) -> None:
    """Let officers on, acting for no organization even where they belong to one.

    Raises:
        NotFound: To everybody else.
    """
    require_officer(request.actor)
    request.actor = Actor.for_user(request.user)  # type: ignore[arg-type]  # signed in, so a User
    request.organization = None


def _second_factor(request: OfficerRequest) -> HttpResponseRedirect | None:
    """Send an officer to their second factor where this session has seen none."""
    if not settings.OFFICER_SECOND_FACTOR:
        return None
    if any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user)):
        return None
    if Authenticator.objects.filter(user=request.user).exists():
        return _via(request, "mfa_reauthenticate")
    messages.warning(request, "Officers sign in with a second factor. Set one up to go on.")
    return redirect("mfa_index")


def _idle(request: OfficerRequest) -> HttpResponseRedirect | None:
    """Send an officer who was away too long to sign in again."""
    now = time.time()
    known = [record.get("at", 0) for record in get_authentication_records(request, request.user)]
    seen = max([request.session.get(SEEN_AT, 0), *known])
    if seen and now - seen > IDLE_SECONDS:
        return _via(request, "account_reauthenticate")
    request.session[SEEN_AT] = int(now)
    return None


def _via(request: HttpRequest, name: str) -> HttpResponseRedirect:
    address = request.get_full_path() if request.method in READS else reverse("officer_queue")
    return redirect(f"{reverse(name)}?{urlencode({'next': address})}")
