"""Who is asking: sets `request.actor` and `request.organization` from the session."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.tenancy.actor import Actor
from portal.tenancy.models import Membership

SESSION_KEY = "organization"


class ActorMiddleware:
    """Puts the actor of a signed-in user on the request; None for a visitor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `actor` and `organization` and go on."""
        membership = self._membership(request)
        request.organization = membership.organization if membership else None  # type: ignore[attr-defined]
        user = request.user
        request.actor = Actor.for_user(user, membership) if user.is_authenticated else None  # type: ignore[attr-defined]
        return self.get_response(request)

    @staticmethod
    def _membership(request: HttpRequest) -> Membership | None:
        if not request.user.is_authenticated:
            return None
        rows = Membership.objects.select_related("organization").filter(user=request.user, ended_at=None)
        chosen = request.session.get(SESSION_KEY)
        return (rows.filter(organization_id=chosen).first() if chosen else None) or rows.order_by(
            "id"
        ).first()
