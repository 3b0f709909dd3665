"""Who may open a tenant's screen, and in which scope it reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from portal.common.errors import NotFound
from portal.tenancy.access import require
from portal.tenancy.actor import Actor
from portal.tenancy.models import Organization
from portal.tenancy.roles import Permission
from portal.tenancy.scope import tenant_scope

View = Callable[..., HttpResponseBase]
READS = frozenset({"GET", "HEAD"})


class MemberRequest(HttpRequest):
    """A request of somebody who is signed in and acts for an organization."""

    actor: Actor
    organization: Organization


def signed_in(view: View) -> View:
    """Send visitors to the sign-in page and bring them back afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded


def member_view(
    *, methods: tuple[str, ...] = ("GET",), permission: Permission | None = None, scoped: bool = True
) -> Callable[[View], View]:
    """Open a screen to members of an organization.

    A page that is read runs, and renders, inside the organization's scope. A form that is sent runs outside
    any, since its action opens its own.

    Args:
        methods: What the address answers to; HEAD goes with GET.
        permission: What the member needs besides.
        scoped: False for a page that passes the release gate, which rules in a transaction of its own,
            before it opens the scope it reads in.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in (*methods, *(("HEAD",) if "GET" in methods else ())):
                return HttpResponseNotAllowed(methods)
            _require_member(request, permission)
            if scoped and request.method in READS:
                with tenant_scope(request.organization):
                    return view(request, *args, **kwargs)
            return view(request, *args, **kwargs)

        return signed_in(guarded)

    return decorate


def private(response: HttpResponse) -> HttpResponse:
    """Mark a response that no cache may keep: photos, faces, secrets."""
    response["Cache-Control"] = "private, no-store"
    return response


def _require_member(request: MemberRequest, permission: Permission | None) -> None:
    """Let members on.

    Raises:
        NotFound: To somebody without an organization a tenant's screens do not exist.
        Refused: `permission`.
    """
    if request.organization is None:
        raise NotFound()
    if permission is not None:
        require(request.actor, permission, organization=request.organization)
